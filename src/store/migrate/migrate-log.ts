/**
 * From the log engine to another one, session by session, each in one step.
 *
 *     compare ─► append, if there is something to be brought and nothing in the way ─► look again ─► set the log aside
 *        └─► left: nothing is merged and nothing deleted; the log stays, can be read, and the report says where and why
 *
 * Killed anywhere, it can be done again: what was brought over is found there. Nothing is decided by length.
 */
import { type Disk, nodeDisk } from '../log/disk.ts';
import { attempt } from '../log/failure.ts';
import { Folder } from '../log/folder.ts';
import type { Ledger } from '../log/ledger.ts';
import type { TranscriptStore } from '../store.ts';
import { migrateRest } from './migrate-rest.ts';
import { migrateSession } from './migrate-session.ts';
import { type NoteRules, notesBySession, plainNotes } from './notes.ts';
import type { MigrationReport, SessionReport } from './report.ts';
import { finishSettingAside, setAside, setRestAside } from './set-aside.ts';

export interface MigrationOptions {
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  readonly rules?: NoteRules;
  readonly disk?: Disk;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Whether there is a log in this folder. */
export function hasLog(path: string, disk: Disk = nodeDisk): boolean {
  return disk.stat(path) !== undefined && disk.list(path).some((name) => name.endsWith('.twin.jsonl'));
}

/** Brings what the logs in a folder hold into a store. Throws what the store and the disk throw. */
export async function migrateLog(
  store: TranscriptStore,
  path: string,
  { dryRun = false, rules = plainNotes, disk = nodeDisk, onProgress }: MigrationOptions = {},
): Promise<MigrationReport> {
  if (!hasLog(path, disk)) return { sessions: [], isDone: true };
  const folder = attempt(`cannot open the logs in ${path}`, () => new Folder(disk, path));
  if (!dryRun) await finishSettingAside(folder);
  const notes = notesBySession(folder, rules);
  const rest = await migrateRest({ folder, store, notes: notes.get('') ?? [], rules, dryRun });
  const ledgers = [...folder.ledgers.all()].filter((ledger) => ledger !== folder.ledgers.own);
  const moves: Move[] = [];
  for (const ledger of inTurn(folder, ledgers)) {
    const move = { folder, store, ledger, notes: notes.get(ledger.name) ?? [], rules, dryRun };
    moves.push({ ledger, length: ledger.length, moved: await migrateSession(move) });
    onProgress?.(moves.length, ledgers.length);
  }
  const sessions: SessionReport[] = [];
  for (const move of moves) sessions.push(await closed(folder, move, dryRun));
  const isLeft = sessions.some(({ outcome, setAside: isAside }) => outcome === 'left' || !(isAside || dryRun));
  if (!rest && !isLeft && !dryRun) await setRestAside(folder);
  return { sessions, ...(rest && { rest }), isDone: !rest && !isLeft };
}

/** Who has events of a source after the session that the source belongs to: with that, all of the source comes. */
function inTurn({ ledgers: { registry } }: Folder, ledgers: readonly Ledger[]): readonly Ledger[] {
  const isOwn = ({ summary: { key } }: Ledger, source: string) =>
    key !== undefined && registry.sourcesOf(key).some(({ record }) => record.id === source);
  const waits = (ledger: Ledger) =>
    [...ledger.summary.feeds].every((source) => source === '' || isOwn(ledger, source)) ? 0 : 1;
  const ranked = ledgers.map((ledger) => ({ ledger, rank: waits(ledger) }));
  ranked.sort((a, b) => a.rank - b.rank || a.ledger.summary.number - b.ledger.summary.number);
  return ranked.map(({ ledger }) => ledger);
}

interface Move {
  readonly ledger: Ledger;
  /** As it was before anything was read. */
  readonly length: number;
  readonly moved: Omit<SessionReport, 'setAside'>;
}

/** When all have been brought over: a log may know of a source that another one has events of. */
async function closed(folder: Folder, { ledger, length, moved }: Move, dryRun: boolean): Promise<SessionReport> {
  if (moved.outcome === 'left' || dryRun) return { ...moved, setAside: false };
  const isAside = await setAside(folder, ledger, length);
  return { ...moved, setAside: isAside, ...(!isAside && { reason: 'busy' }) };
}
