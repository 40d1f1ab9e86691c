/** The same through the real command line: what `kato import` takes in, `kato export` gives back. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { KatoEvent } from '../../src/core/event.ts';
import { TestHome } from '../support/cli.ts';
import { Player } from './player.ts';
import { forgetsTakenBack, formats } from './script.ts';
import { writeScript } from './write-script.ts';

for (const format of formats) {
  it(`${format}: exported events say what was said`, (t) => {
    const home = new TestHome(t);
    const player = new Player(writeScript({ format, seed: 11, turns: 10, habits: ['torn', 'burst'] }), home.folder);
    player.play();
    home.ok(['init', '--yes']);
    home.ok(['import']);
    const { sessions, said, takenBack } = player.ledger();
    // It may be gone from the file.
    const lasting = said.filter(({ id }) => !forgetsTakenBack(format) || !takenBack.has(id));
    for (const session of sessions.keys()) {
      const expected = lasting.filter((one) => one.session === session).map(({ by, text }) => [by, text]);
      assert.deepEqual(exported(home, session), expected, session);
    }
  });
}

/** Who said what in a session itself, without what it has from its parent. */
function exported(home: TestHome, nativeId: string): readonly (readonly [string, string])[] {
  const lines = home.ok(['export', nativeId, '-f', 'jsonl', '-o', '-']).trimEnd().split('\n');
  const events = lines
    .map((line) => JSON.parse(line) as KatoEvent)
    .filter(({ session }) => session.nativeId === nativeId);
  return events.flatMap(({ kind, origin, payload }) => {
    const isSaid = (kind === 'user.message' && origin === 'typed') || kind === 'assistant.message';
    if (!isSaid || !('text' in payload) || origin === 'replayed') return [];
    return [[kind === 'user.message' ? 'person' : 'agent', payload.text ?? '']];
  });
}
