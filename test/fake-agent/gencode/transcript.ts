/** Files of gencode, in the shapes of San, which appends to them, and of 1.15, which writes them anew with every save. */
import type { Desk } from '../writer.ts';

export type Block = object;

export interface TranscriptOptions {
  readonly id: string;
  /** What the first record says of the session. A sub-agent names its parent, and no provider. */
  readonly about: object;
}

/** One session in the making. */
export interface Transcript {
  readonly id: string;
  readonly hasBegun: boolean;
  /** False where it is written anew: there no block says who wrote it. */
  readonly isAppended: boolean;
  say(role: string, content: readonly Block[], more?: object): void;
  /** What only San writes beside messages; `key` is that of the payload. */
  tell(type: string, key: string, payload: object): void;
  /** Only the summary is left for the model; and in the file, where that is written anew. */
  compact(summary: Block): void;
  /** The same conversation under another id. */
  fork(id: string): Transcript;
}

export const MODEL = 'toy-large-1';
export const PERSONS = { provider: 'anthropic', model: MODEL };

export const text = (words: string): Block => ({ type: 'text', text: words });

function pathOf({ cwd }: Desk, home: '.gen' | '.san', id: string): string {
  return `${home}/projects/${cwd.replaceAll('/', '-')}/transcripts/${id}.jsonl`;
}

/** A time of the agent's clock, which counts nanoseconds. */
function nanoseconds({ log, random }: Desk): string {
  return `${log.tick().slice(0, -1)}${random.hex(24).replace(/\D/g, '').padEnd(6, '7').slice(0, 6)}Z`;
}

/** Every record is a line of its own, with the time at which it was written. */
export class AppendedTranscript implements Transcript {
  readonly id: string;
  readonly isAppended = true;
  readonly #desk: Desk;
  readonly #about: object;
  readonly #records: object[] = [];

  constructor(desk: Desk, { id, about }: TranscriptOptions) {
    this.id = id;
    this.#desk = desk;
    this.#about = about;
  }

  get hasBegun(): boolean {
    return this.#records.length > 0;
  }

  say(role: string, content: readonly Block[], more: object = {}): void {
    const messageId = this.#desk.random.hex(16);
    this.#begin();
    this.#write(messageId, { type: 'message.appended', message: { messageId, role, content }, ...more });
  }

  tell(type: string, key: string, payload: object): void {
    this.#begin();
    this.#write(`${key}:${this.#desk.random.hex(16)}`, { type, [key]: payload });
  }

  compact(summary: Block): void {
    const messageId = this.#desk.random.hex(16);
    this.#write(messageId, { type: 'message.appended', message: { messageId, role: 'user', content: [summary] } });
    this.tell('session.compacted', 'session', { summaryMessageId: messageId });
  }

  /** All records with the time of the fork, then one that names the parent. */
  fork(id: string): Transcript {
    const fork = new AppendedTranscript(this.#desk, { id, about: PERSONS });
    const marker = { id: `${this.id}:fork:1`, type: 'session.forked', session: { parentId: this.id } };
    const time = nanoseconds(this.#desk);
    const copies = [...this.#records, marker].map((record) => {
      const renamed = (record as { id: string }).id.replace(this.id, id);
      return { ...record, id: renamed, sessionId: id, time, version: '1' };
    });
    fork.#records.push(...copies);
    this.#desk.log.append(pathOf(this.#desk, '.san', id), ...copies);
    return fork;
  }

  #begin(): void {
    if (this.hasBegun) return;
    const { cwd } = this.#desk;
    this.#write('start', { type: 'session.started', cwd, version: '1', session: this.#about });
  }

  #write(id: string, more: object): void {
    const record = { id: `${this.id}:${id}`, sessionId: this.id, time: nanoseconds(this.#desk), ...more };
    this.#records.push(record);
    this.#desk.log.append(pathOf(this.#desk, '.san', this.id), record);
  }
}

/** Each save makes new ids for all messages, and counts their times up from its own. */
export class RewrittenTranscript implements Transcript {
  readonly id: string;
  readonly isAppended = false;
  readonly #desk: Desk;
  readonly #about: object;
  #messages: { readonly message: object; readonly more: object }[] = [];
  #hasBegun = false;

  constructor(desk: Desk, { id, about }: TranscriptOptions) {
    this.id = id;
    this.#desk = desk;
    this.#about = about;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  say(role: string, content: readonly Block[], more: object = {}): void {
    this.#messages.push({ message: { role, content }, more });
    this.#save();
  }

  tell(): void {
    // It writes nothing else down.
  }

  compact(summary: Block): void {
    this.#messages = [{ message: { role: 'user', content: [summary] }, more: {} }];
    this.#save();
  }

  /** The save after a fork takes its marks away, but for the parent: the copies count as the fork's own. */
  fork(id: string): Transcript {
    const fork = new RewrittenTranscript(this.#desk, { id, about: { ...PERSONS, parentId: this.id } });
    fork.#messages = [...this.#messages];
    return fork;
  }

  #save(): void {
    const { log, random, cwd } = this.#desk;
    const now = nanoseconds(this.#desk);
    const startMs = log.nowMs();
    this.#hasBegun = true;
    const time = (ms: number) => new Date(startMs + ms).toISOString().replace('Z', '000000Z');
    const head = { transcriptId: this.id, time: time(0) };
    const messages = this.#messages.map(({ message, more }, index) => {
      const messageId = random.hex(16);
      const said = { type: 'message.appended', cwd, message: { messageId, ...message }, ...more };
      return { ...head, id: `${this.id}:${messageId}`, time: time(index + 1), ...said };
    });
    const state = { ops: [{ path: 'title', value: 'Pears' }] };
    const records = [
      { ...head, id: `${this.id}:start`, type: 'transcript.started', cwd, system: this.#about },
      ...messages,
      { ...head, id: `${this.id}:state:${random.hex(16)}`, time: now, type: 'state.patched', state },
    ];
    log.replace(pathOf(this.#desk, '.gen', this.id), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
}
