/** An agent that writes, kato that records: real files, a real store, and the recorder in this process. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Logger } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { type CommandOutcome, kept } from '../../src/record/book.ts';
import { commandPayloads } from '../../src/record/commands.ts';
import { formats } from '../../src/record/formats/registry.ts';
import type { RecorderParts } from '../../src/record/parts.ts';
import { playOf } from '../../src/record/play-of.ts';
import { play, startOf } from '../../src/record/playback.ts';
import { Recorder } from '../../src/record/recorder.ts';
import { formatOptions } from '../../src/record/view.ts';
import type { WriteRoot } from '../../src/record/write-policy.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { SessionRecord, TranscriptStore } from '../../src/store/store.ts';
import { prompt, SESSION } from '../ingest/support/session-lines.ts';
import { Stage } from '../ingest/support/stage.ts';
import { temporaryFolder } from '../support/derive.ts';

const settings = { headingTime: 'local', timeZone: 'UTC', toolResultLines: 0, anchors: false } as const;
const silent: Logger = { log: () => {} };

export class Studio {
  readonly stage: Stage;
  readonly notes: string;
  readonly recordings: string;
  readonly key = { provider: 'claude-code', nativeId: SESSION };
  readonly home: string;
  recorder: Recorder;
  /** Changes to what the recorder is given, for tests of what goes wrong. */
  change: Partial<RecorderParts> = {};
  #said = 0;
  #torn = '';
  #store: TranscriptStore;

  /** `root`: where the agent's files lie below the home. */
  constructor(
    t: TestContext,
    { root = 'agent', provider }: { readonly root?: string; readonly provider?: Provider } = {},
  ) {
    this.home = temporaryFolder(t);
    this.notes = `${this.home}/notes`;
    this.recordings = `${this.home}/.kato/recordings`;
    for (const folder of [this.notes, this.recordings]) mkdirSync(folder, { recursive: true });
    this.#store = openSqliteStore(`${this.home}/.kato/kato.db`);
    this.stage = new Stage(`${this.home}/${root}`, this.#store, provider);
    this.recorder = new Recorder(this.parts());
  }

  get store(): TranscriptStore {
    return this.#store;
  }

  make(): Recorder {
    return new Recorder(this.parts());
  }

  parts(): RecorderParts {
    const roots: WriteRoot[] = [
      { kind: 'recordings', path: this.recordings },
      { kind: 'configured', path: this.notes },
    ];
    return {
      store: this.#store,
      files: nodeDestinations,
      formats,
      clock: { now: () => '2026-07-02T00:00:00.000Z', monotonicMs: () => 0 },
      log: silent,
      audit: silent,
      rules: { enabled: true, automated: false, prefix: '', perMinute: 0, since: '2026-01-01T00:00:00.000Z' },
      optionsOf: (view) => formatOptions(view, settings),
      usual: (format) => ({ preset: format === 'jsonl' ? 'audit' : 'chat', switches: {} }),
      policyFor: () => ({ roots, katoHome: `${this.home}/.kato`, userHome: this.home, agentFolders: [] }),
      allowing: async (folder) => `allow ${folder}`,
      headOf: (_session: SessionRecord, format) => (format === 'markdown' ? '---\ntitle: x\n---\n\n' : ''),
      headListsOf: () => ({}),
      nameFor: (_session, format) => `generated.${format === 'jsonl' ? 'jsonl' : 'md'}`,
      recordings: this.recordings,
      userHome: this.home,
      linkOf: async (key) => (await this.#store.links()).find((link) => link.key.nativeId === key.nativeId),
      keep: async () => {},
      apart: (_key, use) => use(this.#store),
      ...this.change,
    };
  }

  /** The agent writes these messages of its user, and kato takes them in. */
  async say(...texts: readonly string[]): Promise<void> {
    this.type(...texts);
    await this.take();
  }

  type(...texts: readonly string[]): void {
    const lines = texts.map((text) => `${prompt(++this.#said, { text })}\n`);
    if (existsSync(this.stage.path())) this.stage.append(this.stage.path(), lines.join(''));
    else this.stage.write(this.stage.path(), lines.join(''));
  }

  /** The agent is in the middle of writing a message. */
  typeTorn(text: string, part: number): void {
    const line = `${prompt(++this.#said, { text })}\n`;
    const cut = Math.floor(line.length * part);
    this.#torn = line.slice(cut);
    if (existsSync(this.stage.path())) this.stage.append(this.stage.path(), line.slice(0, cut));
    else this.stage.write(this.stage.path(), line.slice(0, cut));
  }

  finishTorn(): void {
    this.stage.append(this.stage.path(), this.#torn);
  }

  async take(cause: 'live' | 'import' = 'live'): Promise<void> {
    await this.stage.pass({ cause, commandsIn: (text) => commandPayloads(text, { prefix: '' }) });
    await this.recorder.taken([this.key]);
  }

  /** A new process: what was not stored is gone. */
  async restart(): Promise<void> {
    await this.#store.close();
    this.#store = openSqliteStore(`${this.home}/.kato/kato.db`);
    Object.assign(this.stage, { store: this.#store });
    this.recorder = this.make();
    await this.recorder.start();
  }

  file(name: string): string {
    return readFileSync(`${this.notes}/${name}`, 'utf8');
  }

  list(folder = this.notes): string[] {
    return readdirSync(folder).sort();
  }

  /** The body of a recording, played at once. */
  async export(path: string): Promise<string> {
    const recording = this.recorder.recordings().find((one) => one.path === path);
    if (!recording) throw new Error(`nothing is recorded to ${path}`);
    const playing = playOf(this.parts(), this.key, recording);
    let text = '';
    for await (const piece of play(playing, startOf(playing))) text += piece.text;
    return text;
  }

  async outcomes(): Promise<string[]> {
    const all = (await this.#store.offsets('command/')).map((offset) => kept<CommandOutcome>(offset));
    return all.map((one) => `${one?.line}: ${one?.kind}${one?.reason === undefined ? '' : ` (${one.reason})`}`).sort();
  }
}

export const HEAD = '---\ntitle: x\n---\n\n';
