/** A note of the user's that is recorded into: what they wrote stays, byte for byte, whatever its encoding. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { Studio } from './support.ts';

const latin = (text: string) => Buffer.from(text, 'latin1');
const bytes = (studio: Studio) => readFileSync(`${studio.notes}/a.md`);

/** A studio with a note of the user's, and heads that say who takes part. */
async function noting(t: TestContext, note: Uint8Array): Promise<{ studio: Studio; join: (name: string) => void }> {
  const studio = new Studio(t);
  const participants = ['user'];
  studio.change = { headListsOf: () => ({ participants }) };
  await studio.restart();
  writeFileSync(`${studio.notes}/a.md`, note);
  return { studio, join: (name) => participants.push(name) };
}

it('a head that is not UTF-8 does not grow, and nothing below it is touched', async (t) => {
  const note = latin('---\ntitle: caf\u00e9\u00e9\n---\nMY OWN BODY\n');
  const { studio, join } = await noting(t, note);
  await studio.say(`::record ${studio.notes}/a.md`, 'one');
  join('somebody');
  await studio.say('two');
  assert.deepEqual(bytes(studio).subarray(0, note.length), note);
  assert.ok(studio.file('a.md').endsWith('\ntwo\n'));
});

it('a head grows above a body that is not UTF-8', async (t) => {
  const body = latin('MY OWN CAF\u00c9\n');
  const { studio, join } = await noting(t, Buffer.concat([Buffer.from('---\ntitle: café\n---\n'), body]));
  await studio.say(`::record ${studio.notes}/a.md`, 'one');
  join('somebody');
  await studio.say('two');
  const expected = Buffer.concat([Buffer.from('---\ntitle: café\nparticipants: [user, somebody]\n---\n'), body]);
  assert.deepEqual(bytes(studio).subarray(0, expected.length), expected);
});

it('a note that an editor saves while its head grows is as the editor left it, and goes on', async (t) => {
  const { studio, join } = await noting(t, Buffer.from('---\ntitle: x\n---\nmine\n'));
  await studio.say(`::record ${studio.notes}/a.md`);
  join('somebody');
  let saves = 0;
  const begin: typeof nodeDestinations.begin = (...args) => {
    saves += 1;
    writeFileSync(`${studio.notes}/saved`, studio.file('a.md').replace('mine', 'MINE'));
    if (saves === 1) renameSync(`${studio.notes}/saved`, `${studio.notes}/a.md`);
    return nodeDestinations.begin(...args);
  };
  studio.change = { ...studio.change, files: { ...nodeDestinations, begin } };
  await studio.restart();
  await studio.say('one');
  assert.ok(studio.file('a.md').startsWith('---\ntitle: x\nparticipants: [user]\n---\nMINE\n'));
  await studio.say('two');
  assert.ok(studio.file('a.md').includes('[user, somebody]') && studio.file('a.md').includes('\nMINE\n'));
  assert.ok(studio.file('a.md').endsWith('\ntwo\n'));
});

it('a head that cannot grow does not pause its recording, and is tried again with the next words', async (t) => {
  const { studio, join } = await noting(t, Buffer.from('---\ntitle: x\n---\nmine\n'));
  await studio.say(`::record ${studio.notes}/a.md`);
  join('somebody');
  const refuse = (): never => {
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  const { change } = studio;
  studio.change = { ...change, files: { ...nodeDestinations, begin: refuse } };
  await studio.restart();
  const condition = () => studio.recorder.recordings()[0]?.condition;
  for (const words of ['one', 'two']) {
    await studio.say(words);
    assert.ok(studio.file('a.md').endsWith(`\n${words}\n`));
    await studio.recorder.taken([studio.key]);
    assert.deepEqual(condition(), { headFailure: 'EACCES' });
  }
  Object.assign(studio.change.files ?? {}, { begin: nodeDestinations.begin });
  await studio.say('three');
  assert.ok(studio.file('a.md').includes('[user, somebody]'));
  assert.equal(condition(), undefined);
});

for (const option of ['', ' +overwrite']) {
  it(`a note that is captured into again${option} keeps what is not kato's in its own bytes`, async (t) => {
    const head = latin('---\ntitle: caf\u00e9\n---\n');
    const note = option === '' ? Buffer.concat([head, latin('\nmy caf\u00e9\n')]) : head;
    const { studio } = await noting(t, note);
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    await studio.say('two', `::capture ${studio.notes}/a.md${option}`);
    assert.deepEqual(bytes(studio).subarray(0, note.length), note);
    assert.ok(bytes(studio).subarray(note.length).toString().startsWith('\n# User'));
    assert.ok(studio.file('a.md').includes('\ntwo\n'));
  });
}

it('who may read a note is decided by its owner, also when it is written anew', async (t) => {
  const { studio, join } = await noting(t, Buffer.from('---\ntitle: x\n---\nmine\n'));
  const mode = () => (statSync(`${studio.notes}/a.md`).mode & 0o777).toString(8);
  chmodSync(`${studio.notes}/a.md`, 0o664);
  await studio.say(`::record ${studio.notes}/a.md`);
  join('somebody');
  await studio.say('one');
  assert.ok(studio.file('a.md').includes('[user, somebody]'));
  assert.equal(mode(), '664');
  await studio.say(`::capture ${studio.notes}/a.md +overwrite`);
  assert.ok(!studio.file('a.md').includes('mine'));
  assert.equal(mode(), '664');
  await studio.say(`::record ${studio.notes}/new.md`);
  assert.equal((statSync(`${studio.notes}/new.md`).mode & 0o777).toString(8), '600');
});

describe('a note whose recorded part was edited, and that is captured into again', () => {
  const ABOVE = '---\ntitle: mine\nparticipants: [user]\n---\n\nmy own thoughts\n';

  it('keeps what its user wrote above, and a copy of the edited part', async (t) => {
    const { studio } = await noting(t, Buffer.from(ABOVE));
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    const edited = studio.file('a.md').replace('\none\n', '\nONE\n').replace('thoughts', 'second thoughts');
    writeFileSync(`${studio.notes}/a.md`, edited);
    await studio.say('two', `::capture ${studio.notes}/a.md`);
    const above = `${ABOVE.replace('thoughts', 'second thoughts')}\n`;
    assert.equal(studio.file('a.md'), above + (await studio.export(`${studio.notes}/a.md`)));
    assert.deepEqual(
      studio
        .list()
        .map((name) => studio.file(name) === edited)
        .sort(),
      [false, true],
    );
  });

  it('needs no copy when only what stands above was edited', async (t) => {
    const { studio } = await noting(t, Buffer.from(ABOVE));
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    writeFileSync(`${studio.notes}/a.md`, studio.file('a.md').replace('thoughts', 'second thoughts'));
    await studio.say('two', `::capture ${studio.notes}/a.md`);
    assert.ok(studio.file('a.md').startsWith(`${ABOVE.replace('thoughts', 'second thoughts')}\n# User`));
    assert.deepEqual(studio.list(), ['a.md']);
  });

  it('keeps what was written into a prepared file', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::init ${studio.notes}/a.md`);
    const mine = `${studio.file('a.md')}my thoughts\n`;
    writeFileSync(`${studio.notes}/a.md`, mine);
    await studio.say('one', '::capture', 'two');
    assert.equal(studio.file('a.md'), `${mine}\n${await studio.export(`${studio.notes}/a.md`)}`);
    assert.deepEqual(studio.list(), ['a.md']);
  });

  it('keeps it once, also when kato is killed in the middle', async (t) => {
    const { studio } = await noting(t, Buffer.from(ABOVE));
    await studio.say('one', `::record ${studio.notes}/a.md`);
    writeFileSync(`${studio.notes}/a.md`, `${studio.file('a.md')}below\n`);
    const { files, begin } = { files: nodeDestinations, begin: nodeDestinations.begin };
    const dying: typeof begin = (...args) => {
      const file = begin(...args);
      const commit: typeof file.commit = (options) => {
        file.commit(options);
        throw new Error('killed');
      };
      return { write: (text) => file.write(text), commit, discard: () => {} };
    };
    studio.change = { ...studio.change, files: { ...files, begin: dying } };
    studio.recorder = studio.make();
    await studio.recorder.start();
    await studio.say('two', `::capture ${studio.notes}/a.md`);
    studio.change = { ...studio.change, files };
    await studio.restart();
    assert.equal(studio.file('a.md'), `${ABOVE}\n${await studio.export(`${studio.notes}/a.md`)}`);
    assert.ok(studio.list().some((name) => studio.file(name).endsWith('below\n')));
  });
});
