/** Live ingest with nothing to do, in a process of its own; prints what that costs while it lasts, as JSON. */
import { openScene } from './live-scene.ts';

const [folder = '.', seconds = '20'] = process.argv.slice(2);
const scene = openScene(folder, 0);
const startedMs = performance.now();
await scene.live.start();
const startMs = performance.now() - startedMs;
await scene.live.sweep();
const keepsAlive = setInterval(() => {}, 1 << 30);
await new Promise((resolve) => setTimeout(resolve, 2000)); // Until the start itself costs nothing any more.
const before = { cpu: process.cpuUsage(), bytes: scene.live.state().counters.bytesRead };
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const { user, system } = process.cpuUsage(before.cpu);
const bytesRead = scene.live.state().counters.bytesRead - before.bytes;
clearInterval(keepsAlive);
await scene.close();
const cost = { cpuSeconds: (user + system) / 1e6, bytesRead, startMs, rssBytes: process.memoryUsage.rss() };
process.stdout.write(JSON.stringify(cost));
