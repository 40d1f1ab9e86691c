/**
 * What a folder of real session files gives: `npm run corpus -- DIR`.
 *
 * DIR holds a folder a provider, named by its id. Files directly in it are read by their content or their name; `newest/<version>/<case>/`
 * holds files as the agent lays them out. Prints, for each provider, sources, frames, events by kind, flaws by code, and
 * the record types that are still raw. Exit status 1 when a decoder failed, a byte is unaccounted for, or a second run
 * gives other ids.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { discover, type FoundSource } from '../src/ingest/discovery.ts';
import { runPass } from '../src/ingest/ingestor.ts';
import { recogniseFile } from '../src/ingest/recognise.ts';
import { cutsOf } from '../src/ingest/rederive.ts';
import { nodeFiles } from '../src/platform/node-files.ts';
import type { Provider } from '../src/providers/provider.ts';
import { providers } from '../src/providers/registry.ts';
import { createMemoryStore } from '../src/store/memory.ts';
import type { TranscriptStore } from '../src/store/store.ts';

export interface CorpusReport {
  readonly provider: string;
  readonly sources: number;
  readonly sessions: number;
  readonly frames: number;
  readonly events: ReadonlyMap<string, number>;
  readonly flaws: ReadonlyMap<string, number>;
  readonly raw: ReadonlyMap<string, number>;
  /** Files that the provider does not know. */
  readonly unknown: readonly string[];
  readonly exceptions: number;
  /** Bytes that are in no frame, not quarantined, and not white space; and bytes of torn last lines. */
  readonly unaccountedBytes: number;
  readonly waitingBytes: number;
  readonly sameOnSecondRun: boolean;
}

/** Reads everything that a corpus has of one provider, twice. */
export async function surveyProvider(provider: Provider, corpus: string): Promise<CorpusReport> {
  const folder = join(corpus, provider.id);
  const { found, unknown } = findSources(provider, folder);
  const store = createMemoryStore();
  const report = await read(store, found);
  const again = createMemoryStore();
  await read(again, found);
  const { events, raw, ids } = await tally(store);
  const flaws = new Map<string, number>();
  for (const { code, about, count } of report.diagnostics)
    flaws.set(about === undefined ? code : `${code} ${about}`, count);
  const bytes = await accountFor(store, found);
  return {
    provider: provider.id,
    sources: found.length,
    sessions: (await store.sessions()).length,
    frames: report.framesDecoded,
    events,
    flaws,
    raw,
    unknown,
    exceptions: flaws.get('decoder-failed') ?? 0,
    ...bytes,
    sameOnSecondRun: ids === (await tally(again)).ids,
  };
}

function findSources(provider: Provider, folder: string): { found: FoundSource[]; unknown: string[] } {
  if (!existsSync(folder)) return { found: [], unknown: [] };
  const found: FoundSource[] = [];
  const unknown: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).filter((one) => one.isFile())) {
    const path = join(folder, entry.name);
    const source = recogniseFile(nodeFiles, path, [provider]) ?? asIfPlaced(provider, folder, path);
    if (source) found.push(source);
    else unknown.push(entry.name);
  }
  for (const root of layoutRoots(join(folder, 'newest')))
    found.push(...discover(nodeFiles, [{ provider, path: root }]).found);
  return { found: [...new Map(found.map((source) => [source.path, source])).values()], unknown };
}

/** A file that says nothing of itself is read as if it lay in the agent's folder, where its name allows that. */
function asIfPlaced(provider: Provider, root: string, path: string): FoundSource | undefined {
  const match = provider.match(path.slice(dirname(root).length + 1));
  const stat = nodeFiles.stat(path);
  return match && stat && { provider, root, path, match, stat };
}

/** Below `newest/<version>/<case>/`: the folders that agents use as roots. */
function layoutRoots(newest: string): string[] {
  const below = (folder: string) =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((one) => one.isDirectory())
          .map(({ name }) => join(folder, name))
      : [];
  return below(newest)
    .flatMap(below)
    .map((scenario) => ['projects', 'tmp'].map((name) => join(scenario, name)).find(existsSync) ?? scenario);
}

function read(store: TranscriptStore, found: readonly FoundSource[]) {
  const discovery = { found, unreadable: [], filesExamined: found.length };
  return runPass({ store, files: nodeFiles, discovery, searched: [], cause: 'import' });
}

async function tally(store: TranscriptStore) {
  const events = new Map<string, number>();
  const raw = new Map<string, number>();
  const bySession = new Map<string, string[]>();
  for await (const page of store.read({ view: 'current' })) {
    for (const { event } of page) {
      events.set(event.kind, (events.get(event.kind) ?? 0) + 1);
      if (event.kind === 'provider.raw') raw.set(event.payload.rawType, (raw.get(event.payload.rawType) ?? 0) + 1);
      const ids = bySession.get(event.session.id) ?? [];
      ids.push(event.id);
      bySession.set(event.session.id, ids);
    }
  }
  return { events, raw, ids: JSON.stringify([...bySession].sort()) };
}

/** Whether the kept bytes of each source tile the file, and frames, quarantine and white space tile the kept bytes. */
async function accountFor(store: TranscriptStore, found: readonly FoundSource[]) {
  let unaccountedBytes = 0;
  let waitingBytes = 0;
  const sizes = new Map(found.map(({ path, stat }) => [path, stat.sizeBytes]));
  for (const source of await store.sources()) {
    const { endBytes } = source.checkpoint;
    waitingBytes += (sizes.get(source.path) ?? 0) - endBytes;
    const chunks = [...store.raw(source.id)];
    const isJournal = chunks.some(({ ends }) => ends !== undefined);
    if (isJournal || chunks.length === 0) continue;
    const bytes = Buffer.concat(chunks.map(({ data }) => data));
    unaccountedBytes += Math.abs(bytes.length - endBytes);
    for (const frames of cutsOf(chunks))
      for (const { offset, bytes: length } of frames) bytes.fill(0x20, offset, offset + length);
    for (const { offset, bytes: length } of await store.quarantined(source.id))
      bytes.fill(0x20, offset, offset + length);
    unaccountedBytes += bytes.filter((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09).length;
  }
  return { unaccountedBytes, waitingBytes };
}

function print(report: CorpusReport): void {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `    ${String(count).padStart(7)}  ${name}`);
  const lines = [
    `${report.provider}: ${report.sources} sources, ${report.sessions} sessions, ${report.frames} frames`,
    `  exceptions ${report.exceptions}, unaccounted bytes ${report.unaccountedBytes}, bytes of torn last lines ${report.waitingBytes}, ` +
      `same ids on a second run: ${report.sameOnSecondRun ? 'yes' : 'NO'}`,
    '  events by kind',
    ...list(report.events),
    '  flaws by code',
    ...list(report.flaws),
    '  still raw, by record type',
    ...list(report.raw),
    ...(report.unknown.length > 0
      ? ['  files that it does not know', ...report.unknown.map((name) => `    ${name}`)]
      : []),
    '',
  ];
  console.log(lines.join('\n'));
}

export function isSound({ exceptions, unaccountedBytes, sameOnSecondRun }: CorpusReport): boolean {
  return exceptions === 0 && unaccountedBytes === 0 && sameOnSecondRun;
}

async function main(): Promise<void> {
  const folder = process.argv[2] ?? process.env.KATO_CORPUS;
  if (folder === undefined) {
    console.error('usage: npm run corpus -- DIR');
    process.exitCode = 2;
    return;
  }
  for (const provider of providers) {
    const report = await surveyProvider(provider, resolve(folder));
    print(report);
    if (!isSound(report)) process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
