/** A disk that fails, and a store that another process holds. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { type Disk, nodeDisk } from '../../../src/store/log/disk.ts';
import { openLogStore } from '../../../src/store/log.ts';
import { loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll, told } from '../contract/scene.ts';
import { impatientDisk } from './impatient-disk.ts';

const failsWith = (code: string) => (error: unknown) =>
  error instanceof KatoError && error.code === code && error.hint !== undefined;

/** A disk on which one step on a twin fails with this code as soon as it is told to, half of an append being written. */
function failing(step: 'append' | 'sync' | 'cut', code: string) {
  const state = { fails: false };
  const refuse = (path: string) => {
    if (state.fails && path.endsWith('.twin.jsonl')) throw Object.assign(new Error(code), { code, syscall: step });
  };
  const steps: Pick<Disk, 'append' | 'sync' | 'cut'> = {
    append(path, bytes) {
      if (step === 'append' && state.fails && path.endsWith('.twin.jsonl'))
        nodeDisk.append(path, bytes.subarray(0, 40));
      if (step === 'append') refuse(path);
      nodeDisk.append(path, bytes);
    },
    sync: (path) => (step === 'sync' ? refuse(path) : undefined),
    cut(path, bytes) {
      if (step === 'cut') refuse(path);
      nodeDisk.cut(path, bytes);
    },
  };
  return { state, disk: { ...impatientDisk, ...steps } };
}

for (const [step, code] of [
  ['append', 'ENOSPC'],
  ['sync', 'EIO'],
] as const) {
  it(`a disk that fails to ${step} loses nothing that was acknowledged, and takes no more until it is opened again`, async (t) => {
    const folder = temporaryFolder(t);
    const { state, disk } = failing(step, code);
    const store = openLogStore(folder, disk);
    await store.append([loose([say('a', 'r1', 'one')])]);
    state.fails = true;
    await assert.rejects(
      store.append([loose([say('a', 'r2', 'two'), say('b', 'r1', 'new')])]),
      failsWith('store-failed'),
    );
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    state.fails = false;
    await assert.rejects(store.append([loose([say('a', 'r3', 'three')])]), failsWith('store-failed'));
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    await store.close();
    const again = openLogStore(folder, impatientDisk);
    await again.append([loose([say('a', 'r2', 'two')])]);
    assert.deepEqual(told(await readAll(again)), ['1 one', '2 two']);
    assert.deepEqual(await collect(again.verify()), []);
    await again.close();
  });
}

it('an error names no text of a transcript', async (t) => {
  const { state, disk } = failing('append', 'EIO');
  const store = openLogStore(temporaryFolder(t), disk);
  state.fails = true;
  const isSilent = (error: unknown) =>
    error instanceof KatoError && !`${error.message}${error.hint}`.includes('secret');
  await assert.rejects(store.append([loose([say('a', 'r1', 'secret')])]), isSilent);
  await store.close();
});

it('a store that a process on another machine holds locked is busy, and is read all the same', async (t) => {
  const folder = temporaryFolder(t);
  const store = openLogStore(folder, impatientDisk);
  await store.append([loose([say('a', 'r1', 'one')])]);
  symlinkSync(`not-${hostname()}/boot/1/2/3`, `${folder}/lock`);
  await assert.rejects(store.append([loose([say('a', 'r2', 'two')])]), failsWith('store-busy'));
  assert.deepEqual(told(await readAll(store)), ['1 one']);
  nodeDisk.remove(`${folder}/lock`);
  await store.append([loose([say('a', 'r2', 'two')])]);
  assert.deepEqual(told(await readAll(store)), ['1 one', '2 two']);
  await store.close();
});
