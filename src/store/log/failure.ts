/** What the file system reports, as errors that say what to do. */
import { KatoError, systemCode } from '../../core/errors.ts';

/** The error as a `KatoError`; one that is already is passed through. `doing` says what was tried to what. */
export function logFailure(error: unknown, doing: string): KatoError {
  if (error instanceof KatoError) return error;
  const code = systemCode(error);
  const isSystem = error instanceof Error && 'syscall' in error && code !== undefined;
  if (!isSystem) return new KatoError('internal', `${doing}: unexpected failure`, { cause: error });
  const { reason, hint } = REASONS[code] ?? { reason: code, hint: 'check the folder and its permissions' };
  return new KatoError('store-failed', `${doing}: ${reason}`, { hint, cause: error });
}

const REASONS: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: {
    reason: 'the disk is full',
    hint: 'free some space and run the command again; what was stored before is safe',
  },
  EIO: {
    reason: 'the disk reported an input/output error',
    hint: 'check the disk, then run the command again; what was stored before is safe',
  },
  EROFS: { reason: 'the disk is read-only', hint: 'check the disk, then run the command again' },
};

/** Runs an action, and tells its failure as a `KatoError`. */
export function attempt<T>(doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw logFailure(error, doing);
  }
}
