/** What a reading worker runs: the providers and the file system, behind its message port. */
import { parentPort } from 'node:worker_threads';
import { serveReadings } from './ingest/worker.ts';
import { nodeFiles } from './platform/node-files.ts';
import { providers } from './providers/registry.ts';

if (parentPort) serveReadings(parentPort, providers, nodeFiles);
