/** The command line of somebody who may not do everything: permissions mean nothing to root. */
import { spawnSync } from 'node:child_process';
import { KATO, type Run, type TestHome } from './cli.ts';

function canDropRights(): boolean {
  return process.getuid?.() === 0 && spawnSync('setpriv', ['--reuid=65534', 'true']).status === 0;
}

/** Why a test that needs such a user is skipped; false when it is not. */
export const needsUser = process.getuid?.() === 0 && !canDropRights() ? 'needs a user without rights' : false;

/** Runs kato as a user who may not do everything: root reads and writes what nobody else can. */
export function runWithoutRights(home: TestHome, args: readonly string[]): Run {
  if (process.getuid?.() !== 0) return home.run(args);
  spawnSync('chown', ['-R', '65534', home.folder]);
  const command = ['--reuid=65534', '--clear-groups', process.execPath, KATO, ...args];
  const { status, stdout, stderr } = spawnSync('setpriv', command, {
    encoding: 'utf8',
    env: home.env,
    cwd: home.folder,
  });
  return { status, stdout, stderr };
}
