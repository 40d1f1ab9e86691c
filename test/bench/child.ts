/** Runs kato's command line in this process and reports, as the last line of stderr, what it cost the machine. */
import { fileURLToPath } from 'node:url';

const { main } = await import(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const started = performance.now();
const status = await main(process.argv.slice(2));
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const cost = {
  status,
  seconds: (performance.now() - started) / 1000,
  peakBytes: maxRSS * 1024,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
};
process.stderr.write(`\n${JSON.stringify(cost)}\n`);
process.exitCode = status;
