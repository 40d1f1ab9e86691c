/**
 * Which engine keeps this home's transcripts: what the settings say or, for `auto`, SQLite where it can serve.
 *
 *     there is no SQLite in this Node                        ► the log engine
 *     SQLite cannot lock, or share a log, in this folder     ► the log engine
 *     something that is no file has the database's name      ► the log engine
 *     busy · damaged · of a later kato · not kato's ·
 *     not this user's · the disk is full or fails            ► an error of its own
 *
 * Whatever is in the second half is wrong with a database that is there, and passes or is mended: beside it a second
 * store would begin that knows no session and no recording, and whatever is wrong would go unseen. So a failure to open
 * is the reason to fall back only where a database of our own, made for the question, fares no better.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { KatoError } from './core/errors.ts';
import { type EngineName, type EnginePlaces, enginesWithData } from './store/engines.ts';
import { hasSqlite } from './store/sqlite/module.ts';
import { whyNoSqlite } from './store/sqlite/probe.ts';
import type { StoreLook, TranscriptStore } from './store/store.ts';

export interface OpenStore {
  readonly store: TranscriptStore;
  readonly engine: EngineName;
  /** Why it is not SQLite, where the settings leave the choice to us. Names no path. */
  readonly fallback: string | undefined;
  /** A store of the same engine in a folder for it alone. */
  readonly openIn: (folder: string) => TranscriptStore;
}

export interface StorePlaces extends EnginePlaces {
  /** kato's home. */
  readonly home: string;
}

/** Opens the store of a home. Throws what the engine's opening throws. */
export async function openStore(places: StorePlaces, asked: EngineName | 'auto'): Promise<OpenStore> {
  if (asked === 'log') return openLog(places);
  // Where the log engine has been before, SQLite is asked first: it would take seconds to find that it cannot lock.
  const isDoubtful = !hasSqlite() || enginesWithData(places).some(({ engine }) => engine === 'log');
  const doubt = isDoubtful ? whyNoSqlite(places.home) : undefined;
  if (asked === 'auto' && doubt !== undefined) return openLog(places, doubt);
  try {
    return await openSqlite(places);
  } catch (error) {
    const reason = asked === 'auto' ? whyNot(error, places) : undefined;
    if (reason === undefined) throw error;
    return openLog(places, reason);
  }
}

/** Why SQLite cannot serve here; absent when the failure is about a database that is there, or about the disk. */
function whyNot(error: unknown, { home, database }: StorePlaces): string | undefined {
  if (!(error instanceof KatoError) || (error.code !== 'store-failed' && error.code !== 'store-busy')) return undefined;
  const isInTheWay = statSync(database, { throwIfNoEntry: false })?.isFile() === false;
  return isInTheWay ? 'something that is not a file is in the place of kato.db' : whyNoSqlite(home);
}

async function openSqlite({ database }: StorePlaces): Promise<OpenStore> {
  const { openSqliteStore } = await import('./store/sqlite.ts');
  const openIn = (folder: string) => openSqliteStore(join(folder, 'scratch.db'));
  return { store: openSqliteStore(database), engine: 'sqlite', fallback: undefined, openIn };
}

async function openLog({ transcripts }: StorePlaces, fallback?: string): Promise<OpenStore> {
  const { openLogStore } = await import('./store/log.ts');
  return { store: openLogStore(transcripts), engine: 'log', fallback, openIn: (folder) => openLogStore(folder) };
}

/**
 * The logs that a migration has left, to be read beside the store that is live; absent where there is but one engine's
 * data: then nothing was left beside it.
 *
 * They are read in the process that asks, also while a daemon runs: a reader of the log engine takes no lock, and a daemon
 * with SQLite has them open at its start alone. Nothing is written, not even what the log engine writes when it is closed.
 */
export async function openLeftLog(places: StorePlaces): Promise<OpenStore | undefined> {
  if (enginesWithData(places).length < 2) return undefined;
  const opened = await openLog(places);
  const refuse = async () => {
    throw new KatoError('store-failed', 'a log that was left is only read');
  };
  const close = async () => {};
  return {
    ...opened,
    store: { ...opened.store, append: refuse, rederive: refuse, forget: refuse, drop: refuse, close },
  };
}

/** A short look at what each engine has in a home, by who does not have it open. */
export async function lookAtStores(places: StorePlaces): Promise<readonly StoreLook[]> {
  const looks = enginesWithData(places).map(async ({ engine, bytes }) => {
    if (engine === 'log') return (await import('./store/log/quick-look.ts')).lookAtLogs(places.transcripts, bytes);
    return hasSqlite() ? (await import('./store/sqlite/quick-look.ts')).lookAtStore(places.database) : undefined;
  });
  return (await Promise.all(looks)).filter((look) => look !== undefined);
}
