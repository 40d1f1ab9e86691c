/** kato on a terminal of its own, by `script` of util-linux. */
import { spawnSync } from 'node:child_process';
import { KATO, type TestHome } from './cli.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;

/** Why a test that needs a terminal is skipped; false when it is not. */
export const withoutTerminal = hasScript ? false : 'needs `script` of util-linux for a terminal';

export interface OnTerminal {
  /** Typed beforehand, as if somebody were faster than the questions. */
  readonly typed?: string;
  /** 0: a terminal that does not know. */
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a person would see, as lines, and the exit status. */
export function runOnTerminal(home: TestHome, args: string, { typed = '', columns = 80, env = {} }: OnTerminal = {}) {
  const command = `stty cols ${columns} rows 24; "${process.execPath}" "${KATO}" ${args}`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    env: { ...home.env, TERM: 'xterm', NO_COLOR: '1', PAGER: 'cat', SHELL: '/bin/sh', ...env },
    cwd: home.folder,
    input: typed,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const screen = stdout.replaceAll('\r', '').trimEnd();
  return { status, screen, lines: screen.split('\n') };
}
