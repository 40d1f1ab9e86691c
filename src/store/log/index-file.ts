/**
 * `daemon-control.json`: all meta files as one, so that a store with many sessions is opened with one read. It is never
 * believed against a meta file or a twin: an entry counts only for the very file that it was made from.
 */
import { field, isRecord, listAt, stringAt } from '../../core/json.ts';
import type { Disk } from './disk.ts';
import { type IndexEntry, type Ledger, replaceFile } from './ledger.ts';
import { decodeLine, encodeLine } from './line.ts';
import { LOG_VERSION } from './record.ts';

const NAME = 'daemon-control.json';

/** What the index says of each log. Nothing when it is missing or damaged: meta files are read instead. */
export function readIndex(disk: Disk, folder: string): ReadonlyMap<string, IndexEntry> {
  const index = decodeLine(readWhole(disk, `${folder}/${NAME}`));
  const entries = field(index, 'v') === LOG_VERSION ? listAt(index, 'sessions') : [];
  return new Map(
    entries.flatMap((entry): [string, IndexEntry][] => {
      const meta = field(entry, 'meta');
      const [name, stamp] = [stringAt(entry, 'name'), stringAt(entry, 'stamp')];
      return name !== undefined && stamp !== undefined && isRecord(meta) ? [[name, { stamp, meta }]] : [];
    }),
  );
}

/** Replaces the index, unless it says the same already. */
export function writeIndex(disk: Disk, folder: string, ledgers: Iterable<Ledger>): void {
  const sessions = [...ledgers].flatMap((ledger) => {
    const entry = ledger.toEntry();
    return entry ? [{ name: ledger.name, ...entry }] : [];
  });
  const index = encodeLine(JSON.stringify({ v: LOG_VERSION, sessions }));
  const path = `${folder}/${NAME}`;
  if (!readWhole(disk, path).equals(index)) replaceFile(disk, folder, path, index);
}

function readWhole(disk: Disk, path: string): Buffer {
  return disk.read(path, 0, disk.stat(path)?.bytes ?? 0);
}
