/** The agents' files as kato sees them in this process: the file system, with the databases of agents as folders. */
import { openDatabaseFolders } from './platform/database-folders.ts';
import { nodeFiles } from './platform/node-files.ts';
import { createNodeWatcher } from './platform/node-watch.ts';
import { databaseShapes } from './providers/registry.ts';

const folders = openDatabaseFolders(nodeFiles, databaseShapes);

export const agentFiles = folders.files;

export const watchAgentFiles = () => folders.watching(createNodeWatcher());
