/**
 * Messages appended to one session, one at a time, each waited for: bytes and times of both engines. The last thousand
 * are appended in turn with the first thousand of another store, so that a busy machine is busy for both.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineBytes } from '../../src/store/engines.ts';
import { openLogStore } from '../../src/store/log.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { loose, say } from '../support/batches.ts';
import { type Figure, median, megabytes, seconds } from './figures.ts';

const MESSAGES = 10_000;
const ENGINES = { sqlite: openSqliteStore, log: openLogStore } as const;

export async function measureStore(folder: string, scale: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const engine of ['sqlite', 'log'] as const)
    for (const length of [50, 1000]) {
      const load = new Load(length);
      figures.push(...(await measure(join(folder, `${engine}-${length}`), engine, { load, count: MESSAGES * scale })));
    }
  return figures;
}

interface Work {
  readonly load: Load;
  readonly count: number;
}

async function measure(folder: string, engine: keyof typeof ENGINES, { load, count }: Work): Promise<Figure[]> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'long');
  const [long, fresh] = [ENGINES[engine](path), ENGINES[engine](join(folder, 'fresh'))];
  const part = count / 10;
  const [first, middle] = [await cost(long, load, part), await cost(long, load, count - 2 * part)];
  const [last, beside] = await inTurn(long, fresh, load, part);
  await long.close();
  await fresh.close();
  const [written, data] = [first.bytes + middle.bytes + last.bytes, first.data + middle.data + last.data];
  const kept = engineBytes(engine, { database: path, transcripts: path });
  return [
    {
      name: `${count} messages of ${load.length} characters (${engine}): bytes written`,
      value: megabytes(written),
      control: `the events: ${megabytes(data)}`,
      ratio: written / data,
      limit: { most: 1.2 },
    },
    {
      name: '  bytes kept',
      value: megabytes(kept),
      control: `the events: ${megabytes(data)}`,
      ratio: kept / data,
      limit: { most: 1.2 },
    },
    {
      name: '  bytes written for an append, in the last tenth',
      value: String(Math.round(last.bytes / part)),
      control: `in the first: ${Math.round(first.bytes / part)}`,
      ratio: last.bytes / first.bytes,
      limit: { most: 1.5 },
    },
    {
      name: '  time of an append, in the last tenth',
      value: seconds(median(last.times)),
      control: `in the first of another store: ${seconds(median(beside.times))}`,
      ratio: median(last.times) / median(beside.times),
      limit: { most: 1.5 },
    },
  ];
}

interface Cost {
  /** What the process handed to the system, and what it was given. */
  bytes: number;
  data: number;
  readonly times: number[];
}

async function cost(store: TranscriptStore, load: Load, count: number): Promise<Cost> {
  const found: Cost = { bytes: 0, data: 0, times: [] };
  for (let n = 0; n < count; n++) await load.appendTo(store, found);
  return found;
}

async function inTurn(one: TranscriptStore, other: TranscriptStore, load: Load, count: number): Promise<[Cost, Cost]> {
  const costs: [Cost, Cost] = [
    { bytes: 0, data: 0, times: [] },
    { bytes: 0, data: 0, times: [] },
  ];
  for (let n = 0; n < count; n++) {
    await load.appendTo(one, costs[0]);
    await load.appendTo(other, costs[1]);
  }
  return costs;
}

class Load {
  readonly length: number;
  #said = 0;

  constructor(length: number) {
    this.length = length;
  }

  async appendTo(store: TranscriptStore, cost: Cost): Promise<void> {
    this.#said += 1;
    const text = `${this.#said} `.padEnd(this.length, 'what somebody says ');
    const batch = loose([say('a', `r${this.#said}`, text)], { cause: 'live' });
    const before = bytesWritten();
    const started = performance.now();
    await store.append([batch]);
    cost.times.push((performance.now() - started) / 1000);
    cost.bytes += bytesWritten() - before;
    cost.data += batch.sessions[0]?.pages[0]?.body.length ?? 0;
  }
}

/** What this process has handed to the system so far; only Linux tells. */
function bytesWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}
