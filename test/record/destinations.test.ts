/** Where a session is recorded when kato chooses the name, and when a place could not be had. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Studio } from './support.ts';

/** A studio whose sessions get another title with each look at them. */
function titled(t: TestContext): Studio {
  const studio = new Studio(t);
  let looks = 0;
  studio.change = { nameFor: (_, format) => `title-${++looks}--1c2f9a77.${format === 'jsonl' ? 'jsonl' : 'md'}` };
  studio.recorder = studio.make();
  return studio;
}

describe('a name that kato has chosen', () => {
  it('is that of every later command for the folder, whatever the title is then', async (t) => {
    const studio = titled(t);
    await studio.say(`::record ${studio.notes}/`, 'one');
    const [name = ''] = studio.list();
    await studio.say(`::record ${studio.notes}\nagain`, `::stop dest:${studio.notes}/`, 'unheard');
    await studio.say(`::record ${studio.notes}/`, 'two', `::capture ${studio.notes}/`);
    assert.deepEqual(studio.list(), [name]);
    assert.equal(studio.recorder.recordings().length, 1);
    assert.equal(studio.file(name).split('two').length, 2, 'it is written once');
  });

  it('stays among the recordings too, also of one that could not be elsewhere', async (t) => {
    const studio = titled(t);
    await studio.say('::record /etc/a.md', 'one', '::record /etc/b.md', '::stop', '::record /etc/a.md', 'two');
    assert.equal(readdirSync(studio.recordings).length, 1);
    assert.equal(studio.recorder.recordings().length, 1);
  });

  it('is not taken for an export, nor for another folder', async (t) => {
    const studio = titled(t);
    await studio.say(`::record ${studio.notes}/`, 'one', `::export ${studio.notes}/`, '::record');
    assert.equal(studio.list().length, 2);
    await studio.say(`::record ${studio.recordings}/`);
    assert.equal(studio.recorder.recordings().length, 2);
  });
});
