/**
 * Taking a log out of use once all of it is elsewhere. Nothing is removed: its files go to `migrated/`, beside the
 * others, with the blobs that they name.
 *
 *     blobs copied → the store's own log says that the log is gone → its files are renamed
 *
 * The commit in the middle is what counts. Other logs may have a commit in common with this one, and must not take it for
 * a torn one. Killed behind it, the files are renamed by the next migration.
 */

import { blobPath, writeBlobs } from '../log/blobs.ts';
import type { Folder } from '../log/folder.ts';
import type { Ledger } from '../log/ledger.ts';
import { getBlob } from '../log/records.ts';

const folderOf = ({ path }: Folder) => `${path}/migrated`;

/** False when the log has grown since it was this long. */
export function setAside(folder: Folder, ledger: Ledger, length: number): Promise<boolean> {
  const { name } = ledger;
  return folder.alone(() => {
    const present = folder.ledgers.byName(name);
    if (present?.length !== length) return false;
    keepBlobs(folder, present);
    const stage = folder.begin();
    stage.tell(folder.ledgers.own, { gone: [name], positions: folder.ledgers.positions });
    stage.endBatch();
    folder.commit(stage, false);
    rename(folder, [name]);
    return true;
  });
}

/** Once no session has a log any more, the rest goes too. */
export function setRestAside(folder: Folder): Promise<void> {
  return folder.alone(() => {
    const isLeft = [...folder.ledgers.all()].some((ledger) => ledger !== folder.ledgers.own);
    if (!isLeft) rename(folder, [folder.ledgers.own.name]);
  });
}

/** Renames what a killed migration has not. */
export function finishSettingAside(folder: Folder): Promise<void> {
  return folder.alone(() => {
    const names = folder.ledgers.gone().filter((name) => folder.disk.stat(`${folder.path}/${name}.twin.jsonl`));
    if (names.length > 0) rename(folder, names);
  });
}

function keepBlobs(folder: Folder, { summary }: Ledger): void {
  const target = folderOf(folder);
  const blobs = [...summary.blobs.keys()].filter((sha256) => !folder.disk.stat(blobPath(target, sha256)));
  if (blobs.length === 0) return;
  makeTarget(folder);
  writeBlobs(
    folder.disk,
    target,
    blobs.flatMap((sha256) => getBlob(folder, sha256) ?? []),
  );
}

function rename(folder: Folder, names: readonly string[]): void {
  makeTarget(folder);
  folder.moveLogs(names, folderOf(folder), (file) => freeName(folder, file));
}

function makeTarget(folder: Folder): void {
  const { disk, path } = folder;
  const target = folderOf(folder);
  if (disk.stat(target)) return;
  disk.makeFolder(target);
  disk.syncFolder(path);
}

/** A name that no earlier migration has used. */
function freeName(folder: Folder, file: string): string {
  const target = folderOf(folder);
  let name = `${target}/${file}`;
  for (let count = 2; folder.disk.stat(name); count++) name = `${target}/${file.replace('.', `.${count}.`)}`;
  return name;
}
