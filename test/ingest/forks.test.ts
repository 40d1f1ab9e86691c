/** Forks that are taken in piece by piece, or by a kato that is killed, end like those that are taken in at once. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { discover } from '../../src/ingest/discovery.ts';
import { runPass } from '../../src/ingest/ingestor.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { FIXTURES } from '../support/cli.ts';
import { storedEvents, temporaryFolder } from '../support/derive.ts';

const birthOf = (path: string) => statSync(path, { bigint: true }).birthtimeNs;
const CASES = readdirSync(join(FIXTURES, 'claude-code')).filter((name) => name.startsWith('fork-'));

class Family {
  readonly root: string;
  readonly store = createMemoryStore();
  readonly files: ReadonlyMap<string, readonly string[]>;
  readonly #born = new Map<string, bigint>();

  constructor(t: TestContext, name: string) {
    this.root = temporaryFolder(t);
    const input = join(FIXTURES, 'claude-code', name, 'input');
    const paths = readdirSync(input, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.jsonl'));
    const linesOf = (path: string) => readFileSync(join(input, path), 'utf8').split(/(?<=\n)/);
    this.files = new Map(paths.sort().map((path) => [path, linesOf(path)]));
  }

  /** Writes so many lines of a file, all if absent. */
  write(path: string, lines?: number): void {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true });
    const text = (this.files.get(path) ?? []).slice(0, lines).join('');
    do {
      if (!this.#born.has(path)) rmSync(target, { force: true });
      writeFileSync(target, text);
    } while (!this.#born.has(path) && this.#isAsOldAsAnother(target)); // The file system's clock ticks coarsely.
    this.#born.set(path, birthOf(target));
  }

  #isAsOldAsAnother(target: string): boolean {
    return [...this.#born.values()].some((birth) => birth >= birthOf(target));
  }

  pass(store: TranscriptStore = this.store) {
    const discovery = discover(nodeFiles, [{ provider: claudeCode, path: this.root }]);
    return runPass({ store, files: nodeFiles, discovery, searched: [this.root], cause: 'import' });
  }

  /** Which events there are, which of them are copies, and up to which event a session has its parent's. */
  async content(): Promise<unknown> {
    const events = (await storedEvents(this.store)).map(({ event }) => event);
    const said = events
      .map(({ id, session, origin, copyOf }) => [session.nativeId, id, origin, copyOf].join(' '))
      .sort();
    const links = (await this.store.links()).map(({ key, parent, resolved }) => {
      const isCommon = ({ session, seq }: (typeof events)[number]) =>
        session.nativeId === parent.nativeId && seq <= (resolved?.parentSeq ?? 0);
      return [
        key.nativeId,
        parent,
        events
          .filter(isCommon)
          .map(({ id }) => id)
          .sort(),
      ];
    });
    return { said, links: links.sort() };
  }
}

async function atOnce(t: TestContext, name: string): Promise<unknown> {
  const family = new Family(t, name);
  for (const path of family.files.keys()) family.write(path);
  await family.pass();
  return family.content();
}

for (const name of CASES) {
  describe(name, () => {
    it('ends the same wherever one of its files was cut when it was first taken in', async (t) => {
      const expected = await atOnce(t, name);
      const whole = new Family(t, name);
      for (const [cutPath, lines] of whole.files) {
        for (let cut = 0; cut < lines.length; cut++) {
          const family = new Family(t, name);
          for (const path of family.files.keys()) family.write(path, path === cutPath ? cut : undefined);
          await family.pass();
          family.write(cutPath);
          await family.pass();
          assert.deepEqual(await family.content(), expected, `${cutPath} cut after ${cut} lines`);
        }
      }
    });

    it('ends the same when it grows line by line', async (t) => {
      const family = new Family(t, name);
      for (const [path, lines] of family.files) {
        for (let count = 1; count <= lines.length; count++) {
          family.write(path, count);
          await family.pass();
        }
      }
      assert.deepEqual(await family.content(), await atOnce(t, name));
    });

    it('is joined by the next pass when the last one was killed before it came to that', async (t) => {
      const family = new Family(t, name);
      for (const path of family.files.keys()) family.write(path);
      const killed = { ...bound(family.store), links: () => Promise.reject(new Error('killed')) };
      await assert.rejects(family.pass(killed), /killed/);
      await family.pass();
      assert.deepEqual(await family.content(), await atOnce(t, name));
      assert.equal((await family.pass()).rowsWritten, 0);
    });
  });
}

function bound(store: TranscriptStore): TranscriptStore {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof TranscriptStore)[];
  const own = methods.map((name) => [name, (store[name] as (...all: unknown[]) => unknown).bind(store)]);
  return Object.fromEntries(own) as unknown as TranscriptStore;
}
