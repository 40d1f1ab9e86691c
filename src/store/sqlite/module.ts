/**
 * SQLite as Node has it. It is asked for when it is used and not when a program is loaded: there are Nodes that were
 * built, or are started, without it, and kato runs on them with another engine.
 */
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite';
import { KatoError } from '../../core/errors.ts';

type Sqlite = typeof import('node:sqlite');

export function hasSqlite(): boolean {
  return process.getBuiltinModule('node:sqlite') !== undefined;
}

/** Opens a connection. Throws `store-failed` where there is no SQLite. */
export function connect(path: string, options: DatabaseSyncOptions): DatabaseSync {
  const { DatabaseSync } = requireSqlite(path);
  return new DatabaseSync(path, options);
}

/** Throws `store-failed`, for who wants to open this file. */
export function requireSqlite(path: string): Sqlite {
  const sqlite = process.getBuiltinModule('node:sqlite') as Sqlite | undefined;
  if (sqlite) return sqlite;
  throw new KatoError('store-failed', `cannot open the store ${path}: this Node has no SQLite`, {
    hint: 'run kato with the Node that it brings, or set `store.engine: log`',
  });
}
