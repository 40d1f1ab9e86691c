/** Permissions mean nothing to root: what a test does with them is done as another user then. */
import { chownSync } from 'node:fs';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** Gives these files and folders to the user that `withoutPrivileges` acts as. */
export function giveAway(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, NOBODY, NOBODY);
}

/** Acts as a user to whom permissions apply. */
export async function withoutPrivileges<T>(action: () => T | Promise<T>): Promise<T> {
  if (!isRoot) return action();
  process.seteuid?.(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}
