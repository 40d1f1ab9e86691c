/** Lines as Claude Code writes them (2.1.190, July 2026), about nothing. */

const START = Date.parse('2026-07-01T10:00:00.000Z');

interface LineOptions {
  readonly session?: string;
  readonly text?: string;
  /** Makes the line longer by this, without saying more. */
  readonly paddingBytes?: number;
}

/** The n-th prompt of a session. The same n gives the same line. */
export function prompt(
  n: number,
  { session = SESSION, text = `sheep number ${n}`, paddingBytes }: LineOptions = {},
): string {
  return JSON.stringify({
    parentUuid: n === 1 ? null : `${session}-u${n - 1}`,
    isSidechain: false,
    cwd: '/w/farm',
    sessionId: session,
    version: '2.1.190',
    gitBranch: 'main',
    type: 'user',
    message: { role: 'user', content: text },
    uuid: `${session}-u${n}`,
    timestamp: new Date(START + n * 1000).toISOString(),
    ...(paddingBytes !== undefined && { slug: 'x'.repeat(paddingBytes) }),
  });
}

/** A record without an id: it is known by its bytes. */
export function snapshot(text = 'x'): string {
  return JSON.stringify({ type: 'file-history-snapshot', messageId: text, snapshot: {}, isSnapshotUpdate: false });
}

export const SESSION = '11111111-1111-4111-8111-111111111111';
export const OTHER = '22222222-2222-4222-8222-222222222222';

/** Prompts from one number to another, each with its newline. */
export function prompts(from: number, to: number, options: LineOptions = {}): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${prompt(from + index, options)}\n`).join('');
}
