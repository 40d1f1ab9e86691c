/**
 * A Kato that is in the daemon. Whoever has it cannot tell it from one in this process, but for the error `daemon-lost`.
 *
 * What the daemon of the same protocol answers is taken as it is: both are the same program, and the types of `Kato` are
 * the contract. Paths are made absolute here, because the daemon has another working folder.
 */
import { resolve } from 'node:path';
import type { Kato, RenderRequest } from '../../app/kato.ts';
import { numberAt } from '../../core/json.ts';
import type { SessionKey } from '../../core/session.ts';
import type { PassProgress } from '../../ingest/ingestor.ts';
import { type DaemonFacts, PROTOCOL } from './protocol.ts';
import { daemonFacts, parse } from './schemas.ts';
import { isSafeFolder } from './socket-path.ts';
import { Transport } from './transport.ts';

/** The daemon that answers on this socket within so long; absent when none does. */
export async function connectControl(socket: string, timeoutMs: number): Promise<ControlClient | undefined> {
  if (!isSafeFolder(socket)) return undefined;
  const transport = new Transport(socket, await import('node:http'));
  try {
    const facts = parse(daemonFacts, await transport.ask('GET', 'daemon', undefined, { timeoutMs }), 'daemon');
    return new ControlClient(transport, facts);
  } catch {
    transport.close();
    return undefined; // Nobody there, or somebody who is no daemon of ours: the caller goes on without.
  }
}

export class ControlClient implements Kato {
  /** What the daemon said of itself when it was found. */
  readonly facts: DaemonFacts;
  readonly #transport: Transport;

  constructor(transport: Transport, facts: DaemonFacts) {
    this.#transport = transport;
    this.facts = facts;
  }

  /** Whether the daemon understands everything that is asked here. */
  get speaksOurProtocol(): boolean {
    return this.facts.protocol === PROTOCOL;
  }

  /** Asks the daemon to end; resolves when it has agreed. */
  async stop(): Promise<void> {
    await this.#transport.ask('POST', 'stop');
  }

  sessions: Kato['sessions'] = (filter) =>
    this.#one('sessions', { ...filter, ...(filter.project !== undefined && { project: absolute(filter.project) }) });

  find: Kato['find'] = ({ text, cwd }) => this.#one('find', { text, cwd: absolute(cwd) });

  findForgettable: Kato['findForgettable'] = ({ text, cwd }) =>
    this.#one('findForgettable', { text, cwd: absolute(cwd) });

  export: Kato['export'] = (request) =>
    this.#one('export', { ...request, ...(request.path !== undefined && { path: absolute(request.path) }) });

  status: Kato['status'] = () => this.#one('status', {});

  forget: Kato['forget'] = (key) => this.#one('forget', { key });

  clean: Kato['clean'] = (request) => this.#one('clean', { ...request });

  events: Kato['events'] = (key) => this.#many('events', { key });

  render: Kato['render'] = (key: SessionKey, request: RenderRequest) => this.#many('render', { key, request });

  exportText: Kato['exportText'] = (key, request) => this.#many('exportText', { key, request });

  recordings: Kato['recordings'] = () => this.#one('recordings', {});

  commands: Kato['commands'] = (key) => this.#one('commands', { ...(key && { key }) });

  record: Kato['record'] = (key, command) => this.#one('record', { key, command });

  recordingText: Kato['recordingText'] = (recording) => this.#many('recordingText', { recording });

  exportRecording: Kato['exportRecording'] = (request) =>
    this.#one('exportRecording', { ...request, ...(request.path !== undefined && { path: absolute(request.path) }) });

  verify: Kato['verify'] = () => this.#many('verify', {});

  import: Kato['import'] = async (request, onProgress, signal) => {
    const paths = request.paths?.map(absolute);
    const report = await this.#transport.work(
      'import',
      { ...request, ...(paths && { paths }) },
      { signal, onProgress: (progress) => onProgress?.(progress as PassProgress) },
    );
    return report as Awaited<ReturnType<Kato['import']>>;
  };

  reprocess: Kato['reprocess'] = async (key, onProgress) => {
    const tell = (progress: unknown) => onProgress?.(numberAt(progress, 'done') ?? 0, numberAt(progress, 'total') ?? 0);
    const report = await this.#transport.work('reprocess', { ...(key && { key }) }, { onProgress: tell });
    return report as Awaited<ReturnType<Kato['reprocess']>>;
  };

  async close(): Promise<void> {
    this.#transport.close();
  }

  async #one<T>(name: string, body: unknown): Promise<T> {
    return (await this.#transport.ask('POST', name, body)) as T;
  }

  #many<T>(name: string, body: unknown): AsyncGenerator<T> {
    return this.#transport.items(name, body) as AsyncGenerator<T>;
  }
}

/** A folder stays marked as one. */
function absolute(path: string): string {
  return resolve(path) + (path.endsWith('/') && path !== '/' ? '/' : '');
}
