/** A note of the user's that is recorded into: what they wrote stays, byte for byte, whatever its encoding. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
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
