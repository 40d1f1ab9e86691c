/** In a project's folder, where writing is allowed by default, only what kato has made is written to. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { HEAD, Studio } from './support.ts';

async function begin(t: TestContext): Promise<{ studio: Studio; project: string; text: (name: string) => string }> {
  const studio = new Studio(t);
  const project = `${studio.home}/project`;
  mkdirSync(project);
  const policyFor = () => ({
    roots: [
      { kind: 'recordings', path: studio.recordings },
      { kind: 'project', path: project },
    ] as const,
    katoHome: `${studio.home}/.kato`,
    userHome: studio.home,
    agentFolders: [],
  });
  studio.change = { policyFor };
  await studio.restart();
  return { studio, project, text: (name) => readFileSync(`${project}/${name}`, 'utf8') };
}

describe('in a project folder', () => {
  it('only files that kato has made are written to', async (t) => {
    const { studio, project, text } = await begin(t);
    writeFileSync(`${project}/mine.md`, 'my words\n');
    await studio.say(`::record ${project}/mine.md\n::record ${project}/new.md`, 'one');
    assert.equal(text('mine.md'), 'my words\n');
    assert.ok(text('new.md').endsWith('one\n'));
    assert.ok(readFileSync(`${studio.recordings}/generated.md`, 'utf8').endsWith('one\n'));
    await studio.say(`::stop\n::record ${project}/new.md`, 'two');
    assert.ok(text('new.md').endsWith('two\n'));
  });

  it('a note with front matter and no body counts as new, and keeps what it has', async (t) => {
    for (const verb of ['record', 'capture']) {
      const { studio, project, text } = await begin(t);
      const head = '---\nid: abc # mine\n---\n\n';
      writeFileSync(`${project}/mine.md`, head);
      await studio.say(`::${verb} ${project}/mine.md`, 'one');
      assert.equal(text('mine.md'), head + (await studio.export(`${project}/mine.md`)));
      assert.deepEqual(await studio.outcomes(), [`::${verb} ${project}/mine.md: done`]);
    }
  });

  it('a file of somebody else’s is not prepared, and one of kato’s is again', async (t) => {
    const { studio, project, text } = await begin(t);
    writeFileSync(`${project}/mine.md`, 'my words\n');
    await studio.say(`::init ${project}/mine.md`, `::init ${project}/new.md`, `::init ${project}/new.md`);
    assert.deepEqual(await studio.outcomes(), [
      `::init ${project}/mine.md: failed (the file exists already, and is no recording of kato's)`,
      `::init ${project}/new.md: done`,
      `::init ${project}/new.md: done`,
    ]);
    assert.equal(text('mine.md'), 'my words\n');
    assert.equal(text('new.md'), HEAD);
  });

  it('what an export finds in its place is said as it is', async (t) => {
    const { studio, project, text } = await begin(t);
    writeFileSync(`${project}/mine.md`, 'my words\n');
    const lines = ['new.md', 'new.md', 'mine.md', 'mine.md +overwrite'].map((one) => `::export ${project}/${one}`);
    await studio.say('one', ...lines);
    assert.deepEqual(await studio.outcomes(), [
      `${lines[3]}: failed (the file exists already, and is no recording of kato's)`,
      `${lines[2]}: failed (the file exists already)`,
      `${lines[0]}: done`,
      `${lines[0]}: failed (the file exists already)`,
    ]);
    assert.equal(text('mine.md'), 'my words\n');
    assert.ok(text('new.md').startsWith(HEAD));
    assert.deepEqual(readdirSync(project), ['mine.md', 'new.md']);
  });
});
