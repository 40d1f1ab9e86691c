import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { controlSocketPath, isSafeFolder, makeSocketFolder } from '../../../src/surfaces/control/socket-path.ts';
import { temporaryFolder } from '../../support/derive.ts';

const MOST = process.platform === 'darwin' ? 103 : 107;
const tail = '/run/control.sock'.length;

describe('the path of the control socket', () => {
  it('lies in the home as long as the system can bear it', () => {
    const longest = `/${'h'.repeat(MOST - tail - 1)}`;
    assert.equal(controlSocketPath('/home/me/.kato'), '/home/me/.kato/run/control.sock');
    assert.equal(controlSocketPath(longest), `${longest}/run/control.sock`);
    assert.match(controlSocketPath(`${longest}h`), /^\/tmp\/kato-\d+\/[0-9a-f]{32}\.sock$/);
    assert.match(controlSocketPath(`/${'é'.repeat(60)}`), /^\/tmp\//, 'bytes count, not characters');
  });

  it('is the same for each name of one home, and another for each home', (t) => {
    const folder = temporaryFolder(t);
    const deep = join(folder, 'd'.repeat(120));
    const link = join(folder, 'l'.repeat(120));
    mkdirSync(deep);
    symlinkSync(deep, link);
    assert.equal(controlSocketPath(link), controlSocketPath(deep));
    assert.notEqual(controlSocketPath(`${deep}2`), controlSocketPath(deep));
  });
});

describe('the folder of the control socket', () => {
  it('is made for the user alone, and closed to others where it was open', (t) => {
    const socket = join(temporaryFolder(t), 'run', 'control.sock');
    makeSocketFolder(socket);
    assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700);
    chmodSync(dirname(socket), 0o755);
    assert.equal(isSafeFolder(socket), false);
    makeSocketFolder(socket);
    assert.equal(isSafeFolder(socket), true);
  });

  it('is refused where it is a link, or somebody else’s', (t) => {
    const folder = temporaryFolder(t);
    symlinkSync(temporaryFolder(t), join(folder, 'link'));
    for (const socket of [join(folder, 'link', 'x.sock'), ...(process.getuid?.() === 0 ? [] : ['/etc/x.sock'])]) {
      assert.equal(isSafeFolder(socket), false);
      assert.throws(
        () => makeSocketFolder(socket),
        (error: unknown) => error instanceof KatoError && error.code === 'daemon-failed',
      );
    }
    assert.equal(isSafeFolder(join(folder, 'missing', 'x.sock')), false);
  });
});
