/**
 * A folder below a root that was granted, reached without following a link.
 *
 * On Linux each step is opened from the folder before it, through `/proc/self/fd`, with `O_NOFOLLOW`: a folder that is
 * swapped for a link between two steps makes the step fail instead of leading elsewhere. Elsewhere the folder's real path
 * is compared after it has been opened, which leaves a small window.
 */
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FOLDER_MODE = 0o755;

export interface Folder {
  readonly handle: number;
  /** How an entry of it is named to the system. */
  readonly entry: (name: string) => string;
}

/** The folder below a root, by descriptors. Missing ones are made if that is wanted. */
export function openFolder(root: string, components: readonly string[], isMade = true): Folder {
  let folder = toFolder(openSync(root, FOLDER), root);
  for (const component of components) {
    const parent = folder;
    try {
      folder = enter(parent, component, isMade);
    } finally {
      closeSync(parent.handle);
    }
  }
  return folder;
}

function enter(parent: Folder, component: string, isMade: boolean): Folder {
  const path = parent.entry(component);
  if (isMade) makeFolder(parent, path);
  return toFolder(openSync(path, FOLDER), path);
}

function makeFolder(parent: Folder, path: string): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
    fsyncSync(parent.handle);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function toFolder(handle: number, path: string): Folder {
  if (process.platform === 'linux') return { handle, entry: (name) => `/proc/self/fd/${handle}/${name}` };
  const opened = fstatSync(handle);
  const real = statSync(realpathSync.native(path));
  if (opened.ino !== real.ino || opened.dev !== real.dev) {
    closeSync(handle);
    throw Object.assign(new Error('the folder changed while it was being opened'), { code: 'ELOOP', syscall: 'open' });
  }
  return { handle, entry: (name) => `${path}/${name}` };
}
