/** How failures end a command: one line what and where, a second with what to do, and an exit status. */
import { type ErrorCode, KatoError, systemCode } from '../../core/errors.ts';
import { visible } from './terminal.ts';

/** 0 done, 1 failed, 2 usage, 3 nothing matched or ambiguous, 4 denied by policy, 5 needs a daemon that is not running. */
const exitStatus: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  'config-missing': 1,
  'config-invalid': 1,
  'session-not-found': 3,
  'session-ambiguous': 3,
  'nothing-to-export': 3,
  denied: 4,
  'daemon-needed': 5,
  'daemon-running': 1,
  'daemon-failed': 1,
  'daemon-lost': 1,
  'source-unreadable': 1,
  'write-failed': 1,
  'store-failed': 1,
  'store-busy': 1,
  'store-newer': 1,
  'store-corrupt': 1,
  'checkpoint-moved': 1,
  internal: 1,
};

export interface Failure {
  readonly status: number;
  readonly lines: readonly string[];
}

/** What to print for an error. `userHome` is shown as `~`; a stack only when asked for twice. */
export function describeFailure(error: unknown, userHome: string, verbose: number): Failure {
  const known = error instanceof KatoError ? error : unexpected(error);
  const { message, hint, details, code } = known;
  const lines = [
    `kato: ${message}`,
    ...details.map((detail) => `  ${detail}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  if (verbose >= 2) lines.push(...stackOf(error));
  return { status: exitStatus[code], lines: lines.map((line) => visible(shorten(line, userHome))) };
}

function unexpected(error: unknown): KatoError {
  const refused = refusedBySystem(error);
  if (refused) return refused;
  return new KatoError('internal', `unexpected failure: ${whatOf(error)}`, {
    hint: 'run the command again with -vv to see where, and report it',
    cause: error,
  });
}

/** What went wrong. A parser's message quotes what it was reading, which may be somebody's words. */
function whatOf(error: unknown): string {
  if (error instanceof SyntaxError) return error.name;
  return error instanceof Error ? error.message : 'unknown failure';
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EACCES: ['permission denied', 'check the permissions of it and of its folder'],
  EPERM: ['permission denied', 'check the permissions of it and of its folder'],
  EROFS: ['the disk is read-only', 'choose another place'],
  ENOSPC: ['the disk is full', 'free some space, then try again'],
  EDQUOT: ['the disk quota is used up', 'free some space, then try again'],
  ENOENT: ['there is nothing there', 'check the path'],
  ENOTDIR: ['a part of the path is a file', 'check the path'],
  EEXIST: ['something else is there already', 'move it away, or choose another place'],
  EISDIR: ['it is a folder', 'give a file'],
  ELOOP: ['its links lead round in circles', 'give the real path'],
  EMFILE: ['too many files are open', 'raise the limit with `ulimit -n`, then try again'],
};

const ATTEMPTS: Readonly<Record<string, string>> = { mkdir: 'make the folder', scandir: 'list', rename: 'replace' };

/** The system's refusal of a file or folder, in words; absent for any other error. */
function refusedBySystem(error: unknown): KatoError | undefined {
  const [reason, hint] = REASONS[systemCode(error) ?? ''] ?? [];
  if (!(error instanceof Error) || reason === undefined || hint === undefined) return undefined;
  const { syscall = '', path } = error as NodeJS.ErrnoException; // It has a code of the system.
  const attempt = ATTEMPTS[syscall] ?? syscall;
  const what = ['cannot', attempt, path].filter((word) => word !== undefined && word !== '').join(' ');
  return new KatoError('internal', `${what}: ${reason}`, { hint, cause: error });
}

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = error.stack?.split('\n') ?? [];
  return error.cause === undefined ? own : [...own, 'caused by:', ...stackOf(error.cause)];
}

/** The home folder as `~` wherever it is named; a folder whose name only begins like it stays. */
export function shorten(text: string, userHome: string): string {
  const literal = userHome.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return userHome.length > 1 ? text.replace(new RegExp(`${literal}(?![\\w.-])`, 'g'), '~') : text;
}
