/** Transcripts that are deleted while something of them is still to be written: it is, when they are built again. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { dropTranscripts } from '../../src/record/anchors.ts';
import { HEAD, Studio } from './support.ts';

const COMMANDS = ['record', 'capture', 'export'] as const;

/** A command was decided; then kato was killed before any file was made, and its next end deleted the transcript. */
async function begin(t: TestContext, verb: (typeof COMMANDS)[number]): Promise<Studio> {
  const studio = new Studio(t);
  await studio.restart();
  await studio.say('one');
  const die = (): never => {
    throw new Error('killed');
  };
  studio.change = { files: { ...nodeDestinations, grow: die } };
  studio.recorder = studio.make();
  await studio.recorder.open();
  await studio.say(`two\n::${verb} ${studio.notes}/a.md`);
  assert.deepEqual(studio.list(), []);
  await dropTranscripts(studio.store);
  const keep = async () => {
    await studio.stage.pass({ cause: 'live', commandsIn: () => [] });
  };
  studio.change = { keep };
  return studio;
}

describe('a command that was decided and not done when its transcript was deleted', () => {
  for (const verb of COMMANDS) {
    it(`is done when the transcript is built again: ${verb}`, async (t) => {
      const studio = await begin(t, verb);
      await studio.restart();
      await studio.recorder.takeUpDropped();
      assert.ok(studio.file('a.md').includes(`::${verb} ${studio.notes}/a.md\n`));
      if (verb === 'export') return;
      await studio.say('three');
      assert.ok(studio.file('a.md').endsWith('\nthree\n'));
      assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
    });
  }

  it('waits for it through any number of starts', async (t) => {
    const studio = await begin(t, 'record');
    for (let start = 0; start < 3; start++) await studio.restart();
    assert.deepEqual(studio.list(), []);
    await studio.recorder.takeUpDropped();
    assert.deepEqual(studio.list(), ['a.md']);
  });
});

describe('transcripts that programs wrote themselves', () => {
  const chat = { provider: 'toy-agent', nativeId: 'chat-1' };

  it('stay when those of sources are deleted, and their recordings go on', async (t) => {
    const studio = new Studio(t);
    await studio.restart();
    await studio.say('said to an agent');
    const transcripts = openTranscripts(studio.store);
    await transcripts.append(chat, { id: 'm1', role: 'user', content: 'tea?' });
    const fork = await transcripts.fork(chat, 1, { nativeId: 'chat-2' });
    await transcripts.patch(studio.key, [{ kind: 'tag', value: 'of an agent' }]);
    const path = `${studio.notes}/tea.md`;
    assert.equal((await studio.recorder.ask(chat, { verb: 'capture', dest: path, options: {} })).kind, 'done');

    await dropTranscripts(studio.store);
    assert.deepEqual(
      (await studio.store.sessions()).map(({ key }) => key.nativeId),
      [chat.nativeId, fork.nativeId],
    );
    assert.ok(!JSON.stringify(await studio.store.offsets('recording/')).includes('anchor'));

    await studio.restart();
    await openTranscripts(studio.store).append(chat, { id: 'm2', role: 'assistant', content: 'At once.' });
    await studio.recorder.taken([chat]);
    assert.equal(studio.file('tea.md').split('tea?').length, 2);
    assert.ok(studio.file('tea.md').endsWith('\nAt once.\n'));
  });
});
