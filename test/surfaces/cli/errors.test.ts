import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, KatoError } from '../../../src/core/errors.ts';
import { describeFailure } from '../../../src/surfaces/cli/errors.ts';

const HOME = '/home/ada';
const linesOf = (error: unknown, verbose = 0) => describeFailure(error, HOME, verbose).lines;

describe('how a failure ends a command', () => {
  it('with a status for what kind of failure it is', () => {
    const statuses: Partial<Record<ErrorCode, number>> = {
      usage: 2,
      'session-not-found': 3,
      'session-ambiguous': 3,
      'nothing-to-export': 3,
      denied: 4,
      'daemon-needed': 5,
      'config-invalid': 1,
      'store-failed': 1,
      internal: 1,
    };
    for (const [code, status] of Object.entries(statuses))
      assert.equal(describeFailure(new KatoError(code as ErrorCode, 'x'), HOME, 0).status, status, code);
  });

  it('in one line what, details below it, and a hint', () => {
    const error = new KatoError('session-ambiguous', 'it fits 2', { hint: 'say more', details: ['one', 'two'] });
    assert.deepEqual(linesOf(error), ['kato: it fits 2', '  one', '  two', 'hint: say more']);
  });

  it("with the user's home as ~, and no other folder", () => {
    const error = new KatoError('write-failed', `cannot write ${HOME}/x.md`, { hint: `${HOME} or ${HOME}m/x` });
    assert.deepEqual(linesOf(error), ['kato: cannot write ~/x.md', 'hint: ~ or /home/adam/x']);
  });

  it('without a character that could do something to the terminal', () => {
    assert.deepEqual(linesOf(new KatoError('usage', 'no session `\u001b[2J`')), ['kato: no session `␛[2J`']);
  });

  it('with a stack only when it is asked for twice, and its causes', () => {
    const error = new KatoError('store-failed', 'cannot write', { cause: new Error('disk on fire') });
    for (const verbose of [0, 1]) assert.equal(linesOf(error, verbose).length, 1);
    const lines = linesOf(error, 2).join('\n');
    assert.match(lines, /\n\s+at /);
    assert.match(lines, /caused by:\nError: disk on fire/);
  });

  it('in words where the system refuses a file or a folder, whoever asked for it', () => {
    const refusals: readonly [code: string, syscall: string, path: string | undefined, line: string][] = [
      ['EACCES', 'mkdir', `${HOME}/.kato`, 'kato: cannot make the folder ~/.kato: permission denied'],
      ['ENOENT', 'open', '/w/x.yaml', 'kato: cannot open /w/x.yaml: there is nothing there'],
      ['EISDIR', 'read', undefined, 'kato: cannot read: it is a folder'],
      ['ENOSPC', 'write', undefined, 'kato: cannot write: the disk is full'],
      ['EEXIST', 'mkdir', '/dev/null', 'kato: cannot make the folder /dev/null: something else is there already'],
    ];
    for (const [code, syscall, path, line] of refusals) {
      const [what, hint = '', ...more] = linesOf(Object.assign(new Error('x'), { code, syscall, path }));
      assert.deepEqual([what, more], [line, []]);
      assert.match(hint, /^hint: /);
      assert.doesNotMatch(hint, /-vv/);
    }
  });

  it('without the words that a parser was reading', () => {
    const secret = 'sesame';
    try {
      JSON.parse(`{"a": ${secret}}`);
    } catch (error) {
      assert.doesNotMatch(linesOf(error).join('\n'), new RegExp(secret.slice(0, 3)));
    }
  });

  it('as unexpected, with what to do, when nobody foresaw it', () => {
    for (const thrown of [new TypeError('x is undefined'), 'a string', undefined]) {
      const { status, lines } = describeFailure(thrown, HOME, 0);
      assert.equal(status, 1);
      assert.match(lines[0] ?? '', /^kato: unexpected failure: /);
      assert.match(lines[1] ?? '', /^hint: .*-vv/);
    }
  });
});
