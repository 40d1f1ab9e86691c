/** Transcripts that are deleted while something of them is still to be written: it is, when they are built again. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
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
