import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { write } from '../../../src/surfaces/cli/write.ts';

const PIECES = 50;

async function* pieces(): AsyncGenerator<string> {
  for (let number = 0; number < PIECES; number++) yield `piece ${number}\n`;
}

/** A stream that is full after every piece. */
function slowStream(take: (text: string, done: (error?: Error) => void) => void): Writable {
  return new Writable({ highWaterMark: 1, write: (chunk, _, done) => take(String(chunk), done) });
}

describe('writing to a slow reader', () => {
  it('loses nothing, and leaves no listener behind at any piece', async () => {
    let text = '';
    let most = 0;
    const stream = slowStream((chunk, done) => {
      text += chunk;
      most = Math.max(most, stream.listenerCount('close'), stream.listenerCount('error'));
      setImmediate(done);
    });
    assert.equal(await write(stream, pieces()), text.length);
    assert.equal(text.split('\n').length, PIECES + 1);
    assert.ok(most <= 2, `${most} listeners at once`);
    assert.deepEqual(
      ['drain', 'close', 'error'].map((event) => stream.listenerCount(event)),
      [0, 0, 0],
    );
  });

  it('that goes away ends quietly', async () => {
    const stream = slowStream((_, done) => setImmediate(done, Object.assign(new Error('gone'), { code: 'EPIPE' })));
    const count = await write(stream, pieces());
    assert.ok(count < 100, 'not everything is read for nobody');
  });
});
