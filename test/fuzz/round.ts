/**
 * One round of fuzzing, from the agents' files to the store: session files grow, are damaged, cut, rewritten, replaced,
 * moved and deleted in random order, with an import between any two changes. After each import the laws must hold:
 *
 *   - the import does not fail, and no decoder does; a second one reads nothing and writes nothing
 *   - the store finds nothing wrong with itself, and every event fits the schema
 *   - what was kept once is kept for ever: no event and no kept byte of a source goes away
 *
 * The same seed makes the same round.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventFlaw } from '../../src/core/event.ts';
import { discover } from '../../src/ingest/discovery.ts';
import { type PassReport, runPass } from '../../src/ingest/ingestor.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import type { Random } from '../bench/random.ts';
import { filesBelow } from '../support/derive.ts';

/** A session file in the making: its bytes so far, and those that are still to come. */
interface Growing {
  path: string;
  now: Buffer;
  rest: Buffer;
}

export interface Round {
  readonly provider: Provider;
  /** A folder with session files as the agent lays them out. */
  readonly input: string;
  /** An empty folder to work in. */
  readonly root: string;
  readonly store: TranscriptStore;
  readonly random: Random;
  readonly steps: number;
}

export async function runRound(round: Round): Promise<void> {
  const { provider, input, random } = round;
  const files = filesBelow(input)
    .filter((path) => !path.endsWith('.zst'))
    .map((path): Growing => ({ path, now: Buffer.alloc(0), rest: readFileSync(join(input, path)) }));
  const kept = new Map<string, string>();
  for (let step = 0; step < round.steps; step++) {
    const file = files[random.below(files.length)];
    if (file) change(file, random);
    for (const { path, now } of files) write(join(round.root, path), now, step);
    await checkLaws(round, kept, `${provider.id}, step ${step}`);
    if (file && random.below(12) === 0) move(round.root, file, step);
  }
}

function change(file: Growing, random: Random): void {
  const dice = random.below(10);
  if (dice < 6 || file.now.length === 0) grow(file, random);
  else file.now = damage(file.now, random);
}

function grow(file: Growing, random: Random): void {
  const cut = random.below(4) === 0 ? file.rest.length : random.below(file.rest.length + 1);
  file.now = Buffer.concat([file.now, file.rest.subarray(0, cut)]);
  file.rest = file.rest.subarray(cut);
}

/** The bytes with one thing done to them that disks, editors and agents do. */
function damage(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(200);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(7)) {
    case 0: // One byte is another one.
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 1: // A hole of NUL, as after a power cut.
      return Buffer.concat([before, Buffer.alloc(length), after.subarray(length)]);
    case 2: // NUL between.
      return Buffer.concat([before, Buffer.alloc(length), after]);
    case 3: // Cut short.
      return Buffer.from(before);
    case 4: // A part is there twice.
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 5: // A part is gone.
      return Buffer.concat([before, after.subarray(length)]);
    default: // Two lines have become one.
      return Buffer.from(bytes.toString('latin1').replace('\n', ''), 'latin1');
  }
}

function write(path: string, bytes: Buffer, step: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const before = readIfThere(path);
  if (before?.equals(bytes)) return;
  writeFileSync(path, bytes);
  utimesSync(path, 1_800_000_000, 1_800_000_000 + step); // Two changes may fall into one tick of the file system.
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Moves the file aside and back, or deletes it and begins anew with what it was to become. */
function move(root: string, file: Growing, step: number): void {
  const path = join(root, file.path);
  if (step % 2 === 0) {
    rmSync(path, { force: true });
    file.rest = Buffer.concat([file.now, file.rest]);
    file.now = Buffer.alloc(0);
    return;
  }
  const aside = `${path}.aside`;
  renameSync(path, aside);
  writeFileSync(path, readFileSync(aside)); // The same bytes under a new inode.
  rmSync(aside);
}

function pass({ provider, root, store }: Round): Promise<PassReport> {
  const discovery = discover(nodeFiles, [{ provider, path: root }]);
  return runPass({ store, files: nodeFiles, discovery, searched: [root], cause: 'import' });
}

async function checkLaws(round: Round, kept: Map<string, string>, where: string): Promise<void> {
  const { store } = round;
  await pass(round);
  const again = await pass(round);
  assert.deepEqual(
    [again.bytesRead, again.rowsWritten, again.events],
    [0, 0, 0],
    `${where}: a second import did something`,
  );
  for await (const flaw of store.verify()) assert.fail(`${where}: ${flaw.code} ${flaw.what}`);
  const failed = (await store.diagnostics()).filter(({ code }) => code === 'decoder-failed');
  assert.deepEqual(failed, [], where);
  const now = new Map<string, string>();
  for await (const page of store.read({ view: 'written' })) {
    for (const { event } of page) {
      assert.equal(eventFlaw(event), undefined, where);
      now.set(`${event.session.id} ${event.seq}`, `${event.id} ${event.kind}`);
    }
  }
  for (const [place, what] of kept) assert.equal(now.get(place), what, `${where}: an event has changed or gone`);
  for (const [place, what] of now) kept.set(place, what);
}
