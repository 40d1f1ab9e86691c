/** How failures end a command: one line what and where, a second with what to do, and an exit status. */
import { type ErrorCode, KatoError } from '../../core/errors.ts';
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
  const message = error instanceof Error ? error.message : 'unknown failure';
  return new KatoError('internal', `unexpected failure: ${message}`, {
    hint: 'run the command again with -vv to see where, and report it',
    cause: error,
  });
}

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = error.stack?.split('\n') ?? [];
  return error.cause === undefined ? own : [...own, 'caused by:', ...stackOf(error.cause)];
}

function shorten(text: string, userHome: string): string {
  return userHome.length > 1 ? text.replaceAll(userHome, '~') : text;
}
