/** Runs kato's command line in this process and reports, as the last line of stderr, what it cost the machine. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { main } = await import(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const started = performance.now();
const status = await main(process.argv.slice(2));
const { userCPUTime, systemCPUTime } = process.resourceUsage();
const cost = {
  status,
  seconds: (performance.now() - started) / 1000,
  peakBytes: peakBytes(),
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
};
process.stderr.write(`\n${JSON.stringify(cost)}\n`);
process.exitCode = status;

/** On Linux `maxRSS` is at least what the process that started this one held: the system keeps it across `exec`. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
