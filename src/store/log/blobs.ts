/**
 * Content of attachments and side files: one file each, named after its hash, in a folder of its own. It is durable
 * before a log names it; a file that no log names was left by a crash, and goes when sessions are deleted.
 */
import type { Blob } from '../store.ts';
import type { Disk } from './disk.ts';
import { replaceFile } from './ledger.ts';

const folderOf = (folder: string) => `${folder}/blobs`;

export function blobPath(folder: string, sha256: string): string {
  return `${folderOf(folder)}/${sha256}`;
}

export function writeBlobs(disk: Disk, folder: string, blobs: readonly Blob[]): void {
  if (blobs.length === 0) return;
  if (!disk.stat(folderOf(folder))) {
    disk.makeFolder(folderOf(folder));
    disk.syncFolder(folder);
  }
  for (const { sha256, content } of blobs) {
    replaceFile(disk, folderOf(folder), blobPath(folder, sha256), content);
  }
}

/** Removes all that no log names. */
export function removeOtherBlobs(disk: Disk, folder: string, named: { has(sha256: string): boolean }): void {
  if (!disk.stat(folderOf(folder))) return;
  const others = disk.list(folderOf(folder)).filter((name) => !named.has(name));
  for (const name of others) disk.remove(`${folderOf(folder)}/${name}`);
  if (others.length > 0) disk.syncFolder(folderOf(folder));
}
