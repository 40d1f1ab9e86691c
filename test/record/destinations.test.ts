/** Where a session is recorded when kato chooses the name, and what may be prepared. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    await studio.say('::record /etc/a.md', 'one', '::record /etc/a.md', '::stop', '::record /etc/a.md', 'two');
    assert.equal(readdirSync(studio.recordings).length, 1);
    assert.equal(studio.recorder.recordings().length, 1);
    await studio.say('::record /etc/b.md', 'three', '::stop', '::record /etc/b.md', 'four');
    assert.equal(readdirSync(studio.recordings).length, 2, 'one for each path that was asked for');
  });

  it('is not taken for an export, nor for another folder', async (t) => {
    const studio = titled(t);
    await studio.say(`::record ${studio.notes}/`, 'one', `::export ${studio.notes}/`, '::record');
    assert.equal(studio.list().length, 2);
    await studio.say(`::record ${studio.recordings}/`);
    assert.equal(studio.recorder.recordings().length, 2);
  });
});

describe('a file in a project folder', () => {
  it('is prepared only where it may be recorded to', async (t) => {
    const studio = new Studio(t);
    const work = `${studio.home}/work`;
    mkdirSync(work);
    const { policyFor } = studio.parts();
    const project = { kind: 'project', path: work } as const;
    studio.change = { policyFor: (one) => ({ ...policyFor(one), roots: [project] }) };
    studio.recorder = studio.make();
    writeFileSync(`${work}/mine.md`, 'my own\n');
    writeFileSync(`${work}/note.md`, '---\nid: abc\n---\n');
    await studio.say(
      `::init ${work}/mine.md`,
      `::init ${work}/note.md`,
      `::init ${work}/new.md`,
      `::init ${work}/new.md`,
    );
    assert.deepEqual(await studio.outcomes(), [
      `::init ${work}/mine.md: failed (the file exists already, and is no recording of kato's)`,
      ...['new', 'new', 'note'].map((name) => `::init ${work}/${name}.md: done`),
    ]);
    assert.equal(readFileSync(`${work}/mine.md`, 'utf8'), 'my own\n');
  });
});
