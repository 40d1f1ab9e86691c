/** What SQLite reports, as errors that say what to do. */
import { KatoError, systemCode } from '../../core/errors.ts';

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html, read 2026-11. */
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether another connection held a lock for longer than was waited. */
export function isBusy(error: unknown): boolean {
  const result = resultOf(error);
  return result === BUSY || result === LOCKED;
}

/** Whether SQLite would have to write where it may not. */
export function isUnwritable(error: unknown): boolean {
  const result = resultOf(error);
  return result === READONLY || result === CANTOPEN;
}

function resultOf(error: unknown): number | undefined {
  const result = extendedResultOf(error);
  return result === undefined ? undefined : result & 0xff;
}

/** The result code with what SQLite says besides; absent for other errors. */
export function extendedResultOf(error: unknown): number | undefined {
  const result = (error as { errcode?: unknown } | null)?.errcode;
  return typeof result === 'number' ? result : undefined;
}

/** Something in the store is not what was stored. `what` names the place. */
export function damaged(what: string, cause?: unknown): KatoError {
  const hint = 'run `kato verify` to see what is affected; keep the file';
  return new KatoError('store-corrupt', `${what} in the store: not what was stored`, { hint, cause });
}

/** The value of a JSON column. Only JSON is ever stored in one. */
export function parseColumn(row: Readonly<Record<string, unknown>>, name: string) {
  try {
    return JSON.parse(String(row[name]));
  } catch (error) {
    throw damaged(`a column ${name}`, error);
  }
}

/** The error as a `KatoError`; one that is already is passed through. `doing` says what was tried to what. */
export function storeFailure(error: unknown, doing: string): KatoError {
  if (error instanceof KatoError) return error;
  const cause = error;
  switch (resultOf(error)) {
    case BUSY:
    case LOCKED:
      return new KatoError('store-busy', `${doing}: another process holds the store locked`, {
        hint: 'wait until it has finished, then try again',
        cause,
      });
    case FULL:
      return new KatoError('store-failed', `${doing}: the disk is full`, {
        hint: 'free some space and run the command again; what was stored before is safe',
        cause,
      });
    case READONLY:
    case CANTOPEN:
      return new KatoError('store-failed', `${doing}: the file cannot be opened for writing`, {
        hint: "check the permissions of kato's home folder and of kato.db in it",
        cause,
      });
    case IOERR:
      return new KatoError('store-failed', `${doing}: the disk reported an input/output error`, {
        hint: 'check the disk, then run the command again; what was stored before is safe',
        cause,
      });
    case ERROR: // Our statements fit our tables: it is the tables that are other ones.
    case CORRUPT:
    case NOTADB:
      return new KatoError('store-corrupt', `${doing}: the file is damaged or is not a store`, {
        hint: 'run `kato verify` to see what is affected; keep the file',
        cause,
      });
    default:
      return systemFailure(error, doing);
  }
}

function systemFailure(error: unknown, doing: string): KatoError {
  const code = systemCode(error);
  const isSystem = error instanceof Error && 'syscall' in error && code !== undefined;
  if (!isSystem) return new KatoError('internal', `${doing}: unexpected failure`, { cause: error });
  const reason = code === 'ENOSPC' ? 'the disk is full' : code === 'EROFS' ? 'the disk is read-only' : code;
  const hint = code === 'ENOSPC' ? 'free some space and run the command again' : 'check the folder and its permissions';
  return new KatoError('store-failed', `${doing}: ${reason}`, { hint, cause: error });
}
