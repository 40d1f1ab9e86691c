/** A session that continues a recorded one is recorded too, from its first own words on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { commandPayloads } from '../../src/record/commands.ts';
import { OTHER, prompt, SESSION } from '../ingest/support/session-lines.ts';
import { HEAD, Studio } from './support.ts';

const KEY = { provider: 'claude-code', nativeId: OTHER };

/** The session's records as they stand in a copy of it. */
function copied(studio: Studio): string {
  const text = readFileSync(studio.stage.path(), 'utf8');
  return text.replaceAll(`"sessionId":"${SESSION}"`, `"sessionId":"${OTHER}"`);
}

const own = (n: number, text: string) => `${prompt(n, { session: OTHER, text })}\n`;

async function take(studio: Studio): Promise<void> {
  await studio.stage.pass({ cause: 'live', commandsIn: (text) => commandPayloads(text, { prefix: '' }) });
  await studio.recorder.taken([KEY, studio.key]);
}

/** A recorded session, and one that goes on with it in another file. */
async function continued(t: TestContext): Promise<{ readonly studio: Studio; readonly path: string }> {
  const studio = new Studio(t);
  await studio.say('before', `::record ${studio.notes}/a.md`, 'one');
  const path = studio.stage.path(OTHER);
  studio.stage.write(path, copied(studio));
  await take(studio);
  return { studio, path };
}

describe('a session that continues a recorded one', () => {
  it('is recorded in the same file, without what it has from there', async (t) => {
    const { studio, path } = await continued(t);
    const before = studio.file('a.md');
    assert.deepEqual(studio.recorder.recordings().length, 1);
    studio.stage.append(path, own(10, 'two'));
    await take(studio);
    studio.stage.append(path, own(11, 'three'));
    await take(studio);
    const [head, rest = ''] = [studio.file('a.md').slice(0, before.length), studio.file('a.md').slice(before.length)];
    assert.equal(head, before);
    assert.match(rest, /^\n# User\S+\n\ntwo\n\n# User\S+\n\nthree\n$/);
    const line = `::record ${studio.notes}/a.md`;
    assert.deepEqual(await studio.outcomes(), [`${line}: done`, `${line}: ignored (it is a copy of history)`]);
  });

  it('goes on after a restart, and stops by itself', async (t) => {
    const { studio, path } = await continued(t);
    studio.stage.append(path, own(10, 'two'));
    await take(studio);
    await studio.restart();
    studio.stage.append(path, own(11, 'three\n::stop\nunheard'));
    await take(studio);
    assert.ok(studio.file('a.md').endsWith('three\n'));
    assert.deepEqual(
      studio.recorder.recordings().map(({ session, on }) => [session.nativeId, on]),
      [
        [SESSION, false],
        [OTHER, false],
      ],
    );
  });

  it('takes the file over: what is said in the first one afterwards is not written into it', async (t) => {
    const { studio, path } = await continued(t);
    studio.stage.append(path, own(10, 'two'));
    await take(studio);
    const states = () => studio.recorder.recordings().map(({ session, on }) => [session.nativeId, on]);
    assert.deepEqual(states(), [
      [SESSION, false],
      [OTHER, true],
    ]);
    await studio.say('said in the first one');
    await studio.restart();
    studio.stage.append(path, own(11, 'three'));
    await take(studio);
    const text = studio.file('a.md');
    assert.ok(text.includes('three') && !text.includes('said in the first one'));
    assert.ok(studio.file('a.md').startsWith(HEAD + (await studio.export(`${studio.notes}/a.md`))));
  });

  it('leaves the first one free to record there again, which a restart does not undo', async (t) => {
    const { studio, path } = await continued(t);
    studio.stage.append(path, own(10, 'two\n::stop'));
    await take(studio);
    await studio.say('for nobody', '::record', 'said in the first one');
    await studio.restart();
    await studio.say('and on');
    const said = studio.file('a.md').split(/\n\n(?:# .*\n\n)?/);
    assert.deepEqual(said.slice(-4), ['two', '::record', 'said in the first one', 'and on\n']);
  });

  it('takes it over at the next start, too, where kato was killed in between', async (t) => {
    const { studio, path } = await continued(t);
    studio.stage.append(path, own(10, 'two'));
    let isKilled = false;
    const { store } = studio;
    const append: typeof store.append = async (batches) => {
      isKilled ||= JSON.stringify(batches.flatMap(({ offsets }) => offsets)).includes('"heirs"');
      if (isKilled) throw new Error('killed');
      return store.append(batches);
    };
    const get = (from: typeof store, name: keyof typeof store) =>
      name === 'append' ? append : typeof from[name] === 'function' ? from[name].bind(from) : from[name];
    studio.change = { store: new Proxy(store, { get: (from, name) => get(from, name as keyof typeof store) }) };
    studio.recorder = studio.make();
    await studio.recorder.start();
    await take(studio);
    assert.ok(isKilled);
    studio.change = {};
    await studio.restart();
    assert.deepEqual(
      studio.recorder.recordings().map(({ session, on }) => [session.nativeId, on]),
      [
        [SESSION, false],
        [OTHER, true],
      ],
    );
  });

  it('is not recorded when the recording had ended before', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one', '::stop');
    const path = studio.stage.path(OTHER);
    studio.stage.write(path, copied(studio) + own(10, 'two'));
    await take(studio);
    await studio.say('::record');
    studio.stage.append(path, own(11, 'three'));
    await take(studio);
    assert.ok(!/two|three/.test(studio.file('a.md')));
  });
});

it('a session that continues a recorded one can stop and record in the same file again', async (t) => {
  const { studio, path } = await continued(t);
  studio.stage.append(path, own(10, `two\n::stop`) + own(11, `::record ${studio.notes}/a.md`) + own(12, 'three'));
  await take(studio);
  assert.ok(studio.file('a.md').endsWith('\nthree\n'));
});
