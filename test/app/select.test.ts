import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionSummary } from '../../src/app/kato.ts';
import { select } from '../../src/app/select.ts';
import { KatoError } from '../../src/core/errors.ts';
import { sessionId, shortId } from '../../src/core/session.ts';

interface Options {
  readonly provider?: string;
  readonly cwd?: string;
  readonly lastAt?: string;
  readonly spoken?: boolean;
  readonly isSubagent?: boolean;
}

function session(nativeId: string, options: Options = {}): SessionSummary {
  const { provider = 'codex', spoken = true, isSubagent = false, ...facts } = options;
  const key = { provider, nativeId };
  const id = sessionId(key);
  return { key, id, shortId: shortId(id), facts: { ...facts, spoken }, events: 1, isSubagent, kept: true };
}

const A = session('aaaa1111-0000', { cwd: '/w/tea', lastAt: '2026-07-01T10:00:00.000Z' });
const B = session('aaaa2222-0000', { cwd: '/w/tea/pot', lastAt: '2026-07-03T10:00:00.000Z' });
const C = session('cccc3333-0000', { cwd: '/w/teapot', lastAt: '2026-07-02T10:00:00.000Z', provider: 'gemini-cli' });
const ALL = [A, B, C];

const native = (text: string, sessions: readonly SessionSummary[] = ALL, cwd = '/nowhere') =>
  select(text, cwd, sessions)?.key.nativeId;

const failsWith =
  (code: string, more: (error: KatoError) => boolean = () => true) =>
  (error: unknown) =>
    error instanceof KatoError && error.code === code && more(error);

describe('a session is named', () => {
  it('by its id, or a prefix of four or more characters', () => {
    assert.equal(native(A.id), A.key.nativeId);
    assert.equal(native(A.id.slice(0, 4)), A.key.nativeId);
    assert.equal(native(A.shortId), A.key.nativeId);
  });

  it("by its agent's id, or a prefix", () => {
    assert.equal(native('cccc3333-0000'), C.key.nativeId);
    assert.equal(native('cccc'), C.key.nativeId);
  });

  it('in capitals too, as ids are copied from somewhere', () => {
    assert.equal(native(A.id.toUpperCase()), A.key.nativeId);
    assert.equal(native('CCCC3333'), C.key.nativeId);
  });

  it('with its provider before either', () => {
    assert.equal(native('gemini-cli/cccc'), C.key.nativeId);
    assert.equal(native(`gemini-cli/${C.id.slice(0, 6)}`), C.key.nativeId);
    assert.equal(native('codex/cccc'), undefined);
  });

  it('by its exact id, even where that begins another', () => {
    assert.equal(native('abcd', [session('abcd'), session('abcdef')]), 'abcd');
  });

  it('by the latest activity', () => {
    assert.equal(native('latest'), B.key.nativeId);
    assert.equal(native('latest', []), undefined);
  });

  it('by the folder one is in: the newest there, else in the nearest folder around, and not in one with a like name', () => {
    assert.equal(native('@here', ALL, '/w/tea'), A.key.nativeId);
    assert.equal(native('@here', ALL, '/w/tea/pot/lid'), B.key.nativeId);
    assert.equal(native('@here', ALL, '/w/tea/cup'), A.key.nativeId);
    assert.equal(native('@here', ALL, '/w'), undefined, 'what works below is elsewhere');
    assert.equal(native('@here', ALL, '/w/teapot/lid'), C.key.nativeId);
    assert.equal(native('@here', [A, C], '/w/tea'), A.key.nativeId);
    assert.equal(native('@here', ALL, '/elsewhere'), undefined);
  });

  it('by the folder one is in, never by one that holds everything, unless that is where one is', () => {
    for (const cwd of ['/', '/home/ada', '/tmp', '/run/ada/tmp']) {
      const everywhere = [session('dddd4444', { cwd, lastAt: '2026-07-04T10:00:00.000Z' })];
      const here = (from: string) => select('@here', from, everywhere, ['/home/ada', '/run/ada/tmp'])?.key.nativeId;
      assert.equal(here(cwd), 'dddd4444');
      for (const from of ['/home/ada/tea', '/tmp/x', '/run/ada/tmp/x', '/w'])
        assert.equal(here(from), undefined, `${cwd} ${from}`);
    }
  });
});

describe('a name that does not say which', () => {
  it('is ambiguous, with the candidates', () => {
    assert.throws(
      () => native('aaaa'),
      failsWith('session-ambiguous', ({ details, hint }) => {
        assert.deepEqual(
          details.map((line) => line.split(/\s+/).slice(0, 2)),
          [A, B].map(({ shortId: id, key }) => [id, `codex/${key.nativeId}`]),
        );
        return /more characters/.test(hint ?? '');
      }),
    );
  });

  it('is ambiguous for two agents that gave one id, until the provider is named', () => {
    const twins = [session('same-0000'), session('same-0000', { provider: 'gemini-cli' })];
    assert.throws(() => native('same-0000', twins), failsWith('session-ambiguous'));
    assert.equal(select('gemini-cli/same', '/', twins)?.key.provider, 'gemini-cli');
  });

  it('names only so many candidates, and how many there are', () => {
    const many = Array.from({ length: 20 }, (_, index) => session(`many-${index}`));
    assert.throws(
      () => native('many', many),
      failsWith('session-ambiguous', ({ details, message }) => details.length === 9 && /fits 20/.test(message)),
    );
  });

  it('is too short below four characters, whatever it fits', () => {
    for (const text of ['', 'a', 'ccc', 'codex/ccc'])
      assert.throws(
        () => native(text),
        failsWith('usage', ({ message }) => /too short/.test(message)),
      );
  });

  it('fits none: that is no error here', () => {
    assert.equal(native('dddd'), undefined);
  });
});

describe('sub-agents, and sessions in which nobody spoke', () => {
  const sub = session('aaaa9999-0000', { isSubagent: true, lastAt: '2026-07-09T10:00:00.000Z', cwd: '/w/tea' });
  const silent = session('eeee0000-0000', { spoken: false, lastAt: '2026-07-09T10:00:00.000Z', cwd: '/w/tea' });

  it('are never the latest, nor the one here', () => {
    assert.equal(native('latest', [...ALL, sub, silent]), B.key.nativeId);
    assert.equal(native('@here', [...ALL, sub, silent], '/w/tea'), A.key.nativeId);
  });

  it('stand back where a prefix fits a session too', () => {
    assert.equal(native('aaaa', [A, sub]), A.key.nativeId);
  });

  it('are found when they are named', () => {
    assert.equal(native('aaaa9999', [...ALL, sub]), sub.key.nativeId);
    assert.equal(native('eeee', [...ALL, silent]), silent.key.nativeId);
  });
});
