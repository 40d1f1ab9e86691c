/**
 * The engines that keep a home's transcripts, and which of them have data in it. One is live at a time; what the other
 * one has is never shown beside it, and never out of mind: whoever tells of the store tells of it.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';

export type EngineName = 'sqlite' | 'log';

/** Where each engine keeps a home's transcripts. */
export interface EnginePlaces {
  readonly database: string;
  readonly transcripts: string;
}

/** What an engine has. A database of no session at all has data, as far as its size tells. */
export interface EngineData {
  readonly engine: EngineName;
  readonly bytes: number;
}

/** The engines that have data in this home. */
export function enginesWithData(places: EnginePlaces): readonly EngineData[] {
  const found: EngineData[] = [];
  const database = statSync(places.database, { throwIfNoEntry: false });
  if (database?.isFile() && database.size > 0) found.push({ engine: 'sqlite', bytes: databaseBytes(places) });
  if (namesIn(places.transcripts).some((name) => name.endsWith('.twin.jsonl')))
    found.push({ engine: 'log', bytes: logBytes(places) });
  return found;
}

/** Bytes of an engine's files. */
export function engineBytes(engine: EngineName, places: EnginePlaces): number {
  return engine === 'sqlite' ? databaseBytes(places) : logBytes(places);
}

function databaseBytes({ database }: EnginePlaces): number {
  return ['', '-wal', '-shm'].reduce((sum, suffix) => sum + sizeOf(database + suffix), 0);
}

function logBytes({ transcripts }: EnginePlaces): number {
  const files = [transcripts, join(transcripts, 'blobs')].flatMap((folder) =>
    namesIn(folder).map((name) => join(folder, name)),
  );
  return files.reduce((sum, file) => sum + sizeOf(file), 0);
}

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : 0;
}

/** Nothing for a folder that is not there, or cannot be looked into: then nothing of it can be told. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
