/** What a reading worker runs: the providers and the file system, behind its message port. */
import { parentPort, workerData } from 'node:worker_threads';
import { agentFiles } from './agent-files.ts';
import { serveReadings } from './ingest/worker.ts';
import { providers } from './providers/registry.ts';
import { type CommandSyntax, commandPayloads } from './record/commands.ts';

if (parentPort) {
  const syntax = (workerData ?? { prefix: '' }) as CommandSyntax; // As main.ts hands it over.
  serveReadings(parentPort, { providers, files: agentFiles, commandsIn: (text) => commandPayloads(text, syntax) });
}
