/** A short look at a store's file, by who does not have it open: nothing in it is changed. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { migrations } from '../migrations/index.ts';
import type { StoreLook } from '../store.ts';
import { storeFailure } from './failure.ts';
import { connect } from './module.ts';
import { isWalSafe } from './open.ts';

const MOST_CHECKED_BYTES = 512 * 1024 * 1024;
const PATIENCE_MS = 1000;

/** Absent where there is no store yet. */
export function lookAtStore(path: string): StoreLook | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  const sqlite = process.versions.sqlite ?? '0';
  const isChecked = stat.size <= MOST_CHECKED_BYTES;
  const unshareable = isWalSafe(sqlite) ? {} : { unshareable: sqlite };
  const look = { engine: 'sqlite' as const, bytes: stat.size, newest: migrations.length, isChecked, ...unshareable };
  let database: DatabaseSync | undefined;
  try {
    database = connect(path, { readOnly: true, timeout: PATIENCE_MS });
    const schema = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    const said = isChecked ? String(database.prepare('PRAGMA quick_check(1)').get()?.quick_check) : 'ok';
    return { ...look, schema, ...(said !== 'ok' && { flaw: 'SQLite finds its pages damaged' }) };
  } catch (error) {
    return { ...look, schema: 0, isChecked: false, flaw: storeFailure(error, 'it cannot be looked at').message };
  } finally {
    database?.close();
  }
}
