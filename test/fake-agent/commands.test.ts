/** In what kato takes for typed stand all commands that were meant, once and in order, and no other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/derive.ts';
import { Listener } from './judge.ts';
import { Player } from './player.ts';
import { forgetsTakenBack, formats } from './script.ts';
import { writeScript } from './write-script.ts';

for (const format of formats) {
  describe(`${format}: commands in typed messages`, () => {
    for (const seed of [101, 102, 103, 104, 105, 106]) {
      it(`seed ${seed}`, async (t) => {
        const home = temporaryFolder(t);
        const player = new Player(writeScript({ format, seed, turns: 16 }), home);
        player.play();
        const listener = new Listener(format, home);
        await listener.listen();
        const heard = new Map<string, string[]>();
        for (const { event } of await listener.events()) {
          if (event.origin !== 'typed' || event.kind !== 'user.message' || !('text' in event.payload)) continue;
          const { nativeId } = event.session;
          heard.set(nativeId, [...(heard.get(nativeId) ?? []), ...commandLines(event.payload.text ?? '')]);
        }
        const meant = new Map<string, string[]>();
        const { said, takenBack } = player.ledger();
        // It may be gone from the file.
        const lasting = said.filter(({ id }) => !forgetsTakenBack(format) || !takenBack.has(id));
        for (const { by, session, commands } of lasting) {
          if (by === 'person') meant.set(session, [...(meant.get(session) ?? []), ...commands.map(({ line }) => line)]);
        }
        assert.deepEqual(heard, meant);
      });
    }
  });
}

/** The grammar once more, as plainly as can be: known verbs at the beginning of a line, outside fences. */
function commandLines(text: string): readonly string[] {
  const lines: string[] = [];
  let fence = '';
  for (const line of text.split('\n')) {
    const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence !== '') {
      if (mark.startsWith(fence) && rest.trim() === '') fence = '';
    } else if (mark !== '') fence = mark;
    else if (/^ {0,3}::(init|record|start|capture|export|stop)( |$)/i.test(line)) lines.push(line);
  }
  return lines;
}
