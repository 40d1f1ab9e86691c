/** What lies below a root besides plain files: links, pipes, folders that nobody may read. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { it } from 'node:test';
import { createMemoryStore } from '../../src/store/memory.ts';
import { temporaryFolder } from '../support/derive.ts';
import { giveAway, withoutPrivileges } from '../support/unprivileged.ts';
import { OTHER, prompts, SESSION } from './support/session-lines.ts';
import { onEngines, openStage, type Stage } from './support/stage.ts';

const THIRD = '33333333-3333-4333-8333-333333333333';
const one = ['sheep number 1'];

async function sessions(stage: Stage): Promise<string[]> {
  return (await stage.store.sessions()).map(({ key }) => key.nativeId).sort();
}

onEngines(
  'a file that may not be read is reported, the others are read, and it is read when it may be',
  async (stage) => {
    const folder = `${stage.root}/-w-farm`;
    stage.write(stage.path(), prompts(1, 1));
    stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
    chmodSync(stage.root, 0o755);
    giveAway(folder, stage.path(), stage.path(OTHER));
    chmodSync(stage.path(), 0);
    await withoutPrivileges(async () => {
      const report = await stage.pass();
      assert.deepEqual(report.unreadable, [{ path: stage.path(), code: 'EACCES' }]);
      assert.deepEqual(await sessions(stage), [OTHER]);
      chmodSync(stage.path(), 0o600);
      assert.deepEqual((await stage.pass()).unreadable, []);
    });
    assert.deepEqual(await sessions(stage), [SESSION, OTHER]);
  },
);

onEngines('a folder that may not be read is reported, and the others are read', async (stage) => {
  stage.write(stage.path(), prompts(1, 1));
  stage.write(stage.path(OTHER, '-w-secret'), prompts(1, 1, { session: OTHER }));
  chmodSync(stage.root, 0o755);
  giveAway(`${stage.root}/-w-farm`, stage.path(), `${stage.root}/-w-secret`);
  chmodSync(`${stage.root}/-w-secret`, 0);
  await withoutPrivileges(async () => {
    const { unreadable } = await stage.pass();
    assert.deepEqual(unreadable, [{ path: `${stage.root}/-w-secret`, code: 'EACCES' }]);
  });
  assert.deepEqual(await sessions(stage), [SESSION]);
});

onEngines('pipes, folders and devices with the name of a session are left alone', async (stage) => {
  stage.write(stage.path(), prompts(1, 1));
  execFileSync('mkfifo', [stage.path(OTHER)]);
  mkdirSync(stage.path(THIRD));
  symlinkSync(stage.path(OTHER), stage.path('44444444-4444-4444-8444-444444444444'));
  symlinkSync('/dev/zero', stage.path('55555555-5555-4555-8555-555555555555'));
  const report = await stage.pass();
  assert.deepEqual([report.unreadable, await sessions(stage)], [[], [SESSION]]);
});

onEngines('a link to a file outside the root is not followed', async (stage, t) => {
  const elsewhere = temporaryFolder(t);
  stage.write(`${elsewhere}/x.jsonl`, prompts(1, 1));
  stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
  symlinkSync(`${elsewhere}/x.jsonl`, stage.path());
  symlinkSync(elsewhere, `${stage.root}/-w-elsewhere`);
  symlinkSync('/no/such/file', stage.path(THIRD));
  const report = await stage.pass();
  assert.deepEqual([report.unreadable, await sessions(stage)], [[], [OTHER]]);
});

onEngines('links that lead in circles end', async (stage) => {
  stage.write(stage.path(), prompts(1, 1));
  symlinkSync(stage.root, `${stage.root}/-w-farm/up`);
  symlinkSync('.', `${stage.root}/-w-farm/here`);
  symlinkSync('b', `${stage.root}/a`);
  symlinkSync('a', `${stage.root}/b`);
  symlinkSync(`${SESSION}-x.jsonl`, `${stage.root}/-w-farm/${SESSION}-x.jsonl`);
  const report = await stage.pass();
  assert.deepEqual([report.unreadable, await sessions(stage)], [[], [SESSION]]);
  assert.deepEqual(await stage.said(), one);
});

onEngines('a root that is a link itself is read', async (stage, t) => {
  const link = `${temporaryFolder(t)}/projects`;
  stage.write(stage.path(), prompts(1, 1));
  symlinkSync(stage.root, link);
  await stage.pass({ roots: [link] });
  assert.deepEqual(await stage.said(), one);
});

onEngines('folders and files that vanish during a pass are no failure', async (stage) => {
  stage.write(stage.path(), prompts(1, 1));
  stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
  const { files } = stage.counting;
  const vanishing = { ...files, open: (path: string) => (path === stage.path() ? rm(path) : files.open(path)) };
  const report = await stage.pass({ files: vanishing });
  assert.deepEqual([report.unreadable, await sessions(stage)], [[], [OTHER]]);
  await stage.pass();
  assert.deepEqual(await sessions(stage), [OTHER]);
});

function rm(path: string): undefined {
  rmSync(path);
  return undefined;
}

onEngines(
  'a disk that fails in the middle of a file is reported, and the file is read when it is well again',
  async (stage) => {
    stage.write(stage.path(), prompts(1, 3));
    const { files } = stage.counting;
    const failing = {
      ...files,
      open(path: string) {
        const file = files.open(path);
        const broken = Object.assign(new Error('EIO: input/output error, read'), { code: 'EIO', syscall: 'read' });
        return file && { ...file, read: (): number => assertFails(broken) };
      },
    };
    const report = await stage.pass({ files: failing });
    assert.deepEqual(report.unreadable, [{ path: stage.path(), code: 'EIO' }]);
    await stage.pass();
    assert.equal((await stage.said()).length, 3);
  },
);

function assertFails(error: Error): never {
  throw error;
}

for (const [how, make] of [
  ['a hard link', linkSync],
  ['a symbolic link inside the root', symlinkSync],
] as const) {
  it(`${how} to a session gives no second one, and costs nothing again`, {}, async (t) => {
    const stage = openStage(t, createMemoryStore);
    stage.write(stage.path(), prompts(1, 2));
    make(stage.path(), stage.path(OTHER));
    await stage.pass();
    assert.deepEqual(await sessions(stage), [SESSION]);
    assert.equal((await stage.store.sources()).length, 1);
    assert.equal((await stage.pass()).rowsWritten, 0);
  });
}
