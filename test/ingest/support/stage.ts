/** An agent's folder and a store, both real, and passes from the one into the other. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { it, type TestContext } from 'node:test';
import type { ReadableFile, SourceFiles } from '../../../src/core/ports.ts';
import type { SourceRecord } from '../../../src/core/source.ts';
import { discover } from '../../../src/ingest/discovery.ts';
import { type PassOptions, type PassReport, runPass } from '../../../src/ingest/ingestor.ts';
import { nodeFiles } from '../../../src/platform/node-files.ts';
import { claudeCode } from '../../../src/providers/claude-code/index.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { StoredEvent, TranscriptStore } from '../../../src/store/store.ts';
import { collect, rawText, readAll } from '../../store/contract/scene.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { SESSION } from './session-lines.ts';

export interface StagePass extends Partial<PassOptions> {
  /** Further roots. */
  readonly roots?: readonly string[];
}

export class Stage {
  readonly root: string;
  readonly store: TranscriptStore;
  readonly counting = countReads(nodeFiles);
  readonly #provider: Provider;
  #tick = 0;

  constructor(root: string, store: TranscriptStore, provider: Provider = claudeCode) {
    this.root = root;
    this.store = store;
    this.#provider = provider;
  }

  /** The file of a session in a project. */
  path(session = SESSION, project = '-w-farm'): string {
    return `${this.root}/${project}/${session}.jsonl`;
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    this.touch(path);
  }

  append(path: string, content: string | Uint8Array): void {
    appendFileSync(path, content);
    this.touch(path);
  }

  /** Gives the file a time of change that it never had: two writes may fall into one tick of the file system's clock. */
  touch(path: string): void {
    this.#tick += 1;
    utimesSync(path, 1_800_000_000, 1_800_000_000 + this.#tick);
  }

  /** One pass over everything below the root, and below others. */
  pass({ roots = [], ...more }: StagePass = {}): Promise<PassReport> {
    const searched = [this.root, ...roots];
    const { files } = this.counting;
    const discovery = discover(
      files,
      searched.map((path) => ({ provider: this.#provider, path })),
    );
    return runPass({ store: this.store, files, discovery, searched, cause: 'import', ...more });
  }

  events(): Promise<StoredEvent[]> {
    return readAll(this.store);
  }

  /** What people said, in the order of the log; superseded events with a mark. */
  async said(): Promise<string[]> {
    const typed = (await this.events()).filter(({ event }) => event.kind === 'user.message');
    return typed.map(
      ({ event, superseded }) => `${'text' in event.payload ? event.payload.text : ''}${superseded ? ' †' : ''}`,
    );
  }

  /** The only source. */
  async source(): Promise<SourceRecord> {
    const [source, ...others] = await this.store.sources();
    assert.ok(source && others.length === 0, `there are ${others.length + 1} sources`);
    return source;
  }

  /** The bytes of a source as they are kept. */
  raw(source: string): string {
    return rawText(this.store, source);
  }
}

/** A stage on the machine's disk. The store lies apart from the agent's files. */
export function openStage(t: TestContext, open: (folder: string) => TranscriptStore): Stage {
  return new Stage(temporaryFolder(t), open(temporaryFolder(t)));
}

export const engines = {
  memory: createMemoryStore,
  SQLite: (folder: string) => openSqliteStore(`${folder}/kato.db`),
} as const;

/** Registers a test for each engine. Afterwards the store must find nothing wrong with itself. */
export function onEngines(title: string, body: (stage: Stage, t: TestContext) => Promise<void>): void {
  for (const [engine, open] of Object.entries(engines)) {
    it(`${title} (${engine})`, async (t) => {
      const stage = openStage(t, open);
      await body(stage, t);
      assert.deepEqual(await collect(stage.store.verify()), []);
      await assertTiled(stage);
      await stage.store.close();
    });
  }
}

/** Of every source whose bytes are kept: they are all that was read, and what is quarantined lies in them. */
async function assertTiled(stage: Stage): Promise<void> {
  const forgotten = new Set((await stage.store.forgotten()).map(({ nativeId }) => nativeId));
  for (const { id, checkpoint, nativeId } of await stage.store.sources()) {
    if (forgotten.has(nativeId ?? '')) continue;
    if ([...stage.store.raw(id)].some(({ ends }) => ends !== undefined)) continue; // A journal is not the file.
    const kept = stage.raw(id).length;
    assert.equal(kept, checkpoint.endBytes, 'what is kept is not what is accounted for');
    for (const { offset, bytes } of await stage.store.quarantined(id)) assert.ok(offset + bytes <= kept);
  }
}

export interface CountedFiles {
  readonly files: SourceFiles;
  /** Bytes that were read, and files that were opened, since the last time this was asked. */
  taken(): { readonly bytes: number; readonly opened: number };
}

function countReads(files: SourceFiles): CountedFiles {
  let bytes = 0;
  let opened = 0;
  const counted = (file: ReadableFile): ReadableFile => ({
    stat: () => file.stat(),
    close: () => file.close(),
    read(into, offsetBytes) {
      const read = file.read(into, offsetBytes);
      bytes += read;
      return read;
    },
  });
  return {
    files: {
      list: (folder) => files.list(folder),
      entriesChangedNs: (folder) => files.entriesChangedNs(folder),
      stat: (path) => files.stat(path),
      realPath: (path) => files.realPath(path),
      open(path) {
        const file = files.open(path);
        opened += 1;
        return file && counted(file);
      },
      openRows: (path) => files.openRows(path),
    },
    taken() {
      const taken = { bytes, opened };
      bytes = 0;
      opened = 0;
      return taken;
    },
  };
}

export function sizeOf(path: string): number {
  return statSync(path).size;
}
