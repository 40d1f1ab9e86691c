/** What a reading worker runs: the providers and the file system, behind its message port. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveReadings } from './ingest/worker.ts';
import { nodeFiles } from './platform/node-files.ts';
import { providers } from './providers/registry.ts';
import { type CommandSyntax, commandPayloads } from './record/commands.ts';

if (parentPort) {
  const syntax = (workerData ?? { prefix: '' }) as CommandSyntax; // As main.ts hands it over.
  serveReadings(parentPort, { providers, files: nodeFiles, commandsIn: (text) => commandPayloads(text, syntax) });
}
