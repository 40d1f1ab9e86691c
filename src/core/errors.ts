/**
 * Failures that someone must act on. Flaws in an agent's data that can be read past are `Diagnostic` values instead.
 *
 * The codes are a closed union: surfaces map each to an exit status, an HTTP status or an MCP error in one table.
 * Messages and hints never contain transcript text.
 */

export type ErrorCode =
  | 'usage' // the call's own words are wrong
  | 'config-missing'
  | 'config-invalid'
  | 'session-not-found'
  | 'session-ambiguous'
  | 'nothing-to-export'
  | 'denied' // the write policy forbids the destination
  | 'daemon-needed'
  | 'daemon-running' // another process holds this home
  | 'daemon-failed' // it did not start, or did not end
  | 'daemon-lost' // it went away in the middle of an answer
  | 'source-unreadable'
  | 'write-failed' // a destination of the user's: full, read-only, vanished
  | 'store-failed' // the store's disk: full, read-only, input/output error
  | 'store-busy'
  | 'store-newer' // written by a later version of kato
  | 'store-corrupt'
  | 'checkpoint-moved' // another process read the same source meanwhile
  | 'internal';

export interface ErrorDetails {
  /** What to do now, as one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Lines below the message, such as the candidates of an ambiguous selector. */
  readonly details?: readonly string[];
}

export class KatoError extends Error {
  override readonly name = 'KatoError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  /** `message` says what was being done to what: `cannot read config.yaml: …`. */
  constructor(code: ErrorCode, message: string, { hint, cause, details = [] }: ErrorDetails = {}) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

/** The `code` of a Node or system error (`ENOENT`, `ERR_SQLITE_ERROR`), absent for everything else. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * An error as status and logs may show it. The message only of our own errors: another's may quote what it was
 * looking at, and that may be a transcript.
 */
export function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof KatoError) return { code: error.code, message: error.message };
  return { code: errorCode(error), message: error instanceof Error ? error.name : 'unknown failure' };
}

/** The code of an error of any kind. */
export function errorCode(error: unknown): string {
  return error instanceof KatoError ? error.code : (systemCode(error) ?? 'internal');
}

/** Where an error was thrown: its frames without its words, innermost first. */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const frames = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  return frames.length === 0 ? undefined : frames.slice(0, 5).join('').trim();
}
