/** Requests to the control socket, and their answers as values. A daemon that goes away in the middle is `daemon-lost`. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { KatoError, systemCode } from '../../core/errors.ts';
import { field, parseJson } from '../../core/json.ts';
import { CALL_HEADER, CLIENT_HEADER, HOST, readLine, wireToError } from './protocol.ts';

export interface CallOptions {
  /** Gives up when nothing has come for so long. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: unknown) => void;
  /** Asks the daemon to stop the call where it is; its answer still comes. */
  readonly signal?: AbortSignal | undefined;
}

/** Node's HTTP, which only those load who talk to a daemon: it would be a quarter of the time of a short command. */
export type Http = typeof import('node:http');

export class Transport {
  readonly #socket: string;
  readonly #http: Http;
  readonly #client = randomUUID();
  readonly #agent: Agent;

  constructor(socket: string, http: Http) {
    this.#socket = socket;
    this.#http = http;
    this.#agent = new http.Agent({ keepAlive: true });
  }

  /** A call with one answer. */
  async ask(
    method: 'GET' | 'POST',
    name: string,
    body: unknown = {},
    { timeoutMs = 0 }: CallOptions = {},
  ): Promise<unknown> {
    return guard(name, async () => {
      const response = await this.#send(method, name, body, randomUUID(), timeoutMs);
      const value = parseJson(await readAll(response));
      if (response.statusCode !== 200) throw wireToError(field(value, 'error'));
      if (value === undefined) throw lost(name);
      return value;
    });
  }

  /** A call with one answer after some progress. */
  async work(name: string, body: unknown, { onProgress, signal }: CallOptions): Promise<unknown> {
    const call = randomUUID();
    return guard(name, async () => {
      const response = await this.#send('POST', name, body, call, 0);
      // Once there is a response the daemon knows the call. When it is lost, that shows in the answer.
      const cancel = () => void this.ask('POST', 'cancel', { call }).catch(() => {});
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
      try {
        for await (const [kind, value] of readLines(response, name)) {
          if (kind === 'progress') onProgress?.(value);
          else if (kind === 'result') return value;
        }
        throw lost(name);
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    });
  }

  /** A call with many answers. Who takes no more of them ends the call. */
  async *items(name: string, body: unknown): AsyncGenerator<unknown> {
    const response = await guard(name, () => this.#send('POST', name, body, randomUUID(), 0));
    let isWhole = false;
    const lines = readLines(response, name);
    try {
      for (;;) {
        const { value: line, done } = await guard(name, () => lines.next());
        if (done) throw lost(name);
        if (line[0] === 'item') yield line[1];
        isWhole = line[0] === 'result';
        if (isWhole) return;
      }
    } finally {
      if (!isWhole) response.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, name: string, body: unknown, call: string, timeoutMs: number): Promise<IncomingMessage> {
    const sent: ClientRequest = this.#http.request({
      socketPath: this.#socket,
      agent: this.#agent,
      method,
      path: `/v1/${name}`,
      headers: { host: HOST, 'content-type': 'application/json', [CLIENT_HEADER]: this.#client, [CALL_HEADER]: call },
      timeout: timeoutMs,
    });
    sent.once('timeout', () => sent.destroy(timedOut(name)));
    sent.on('error', () => {}); // Heard below, or in the response: alone it would end the process.
    sent.end(method === 'POST' ? JSON.stringify(body) : undefined);
    const [response] = await once(sent, 'response');
    return response;
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

type Answer = readonly [kind: 'item' | 'progress' | 'result', value: unknown];

/** The lines of an answer; an `error` among them is thrown. An answer that is not in lines is an error. */
async function* readLines(response: IncomingMessage, name: string): AsyncGenerator<Answer> {
  if (response.statusCode !== 200) throw wireToError(field(parseJson(await readAll(response)), 'error'));
  for await (const text of splitLines(response)) {
    const line = readLine(parseJson(text));
    if (!line) throw lost(name);
    const [kind, value] = line;
    if (kind === 'error') throw wireToError(value);
    yield [kind, value];
  }
}

/** Only what is new is searched: a line may be long, and come in many pieces. */
async function* splitLines(response: IncomingMessage): AsyncGenerator<string> {
  let pieces: string[] = [];
  response.setEncoding('utf8');
  for await (const chunk of response.iterator({ destroyOnReturn: false })) {
    const [first = '', ...rest] = String(chunk).split('\n');
    pieces.push(first);
    for (const next of rest) {
      yield pieces.join('');
      pieces = [next];
    }
  }
}

const GONE: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ENOENT',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

async function guard<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (GONE.has(systemCode(error) ?? '')) throw lost(name, error);
    throw error;
  }
}

function lost(name: string, cause?: unknown): KatoError {
  return new KatoError('daemon-lost', `the daemon went away before it had answered \`${name}\``, {
    hint: '`kato logs` may say why; `kato start` starts it again, and without one the command works by itself',
    cause,
  });
}

function timedOut(name: string): KatoError {
  return new KatoError('daemon-lost', `the daemon did not answer \`${name}\` in time`, { hint: '`kato restart`' });
}
