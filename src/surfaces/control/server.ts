/**
 * The daemon's control socket.
 *
 * The socket lies in a folder of the user's own, with mode 0600. A socket that nobody answers on was left by a process
 * that is gone, and is replaced; one that somebody answers on never is. No web page can get in: a request with an
 * `Origin`, or another `Host` than ours, is refused, and so is a body that is not said to be JSON.
 *
 * When the socket's file is deleted nobody can find the daemon any more: that counts as a failure of this component, and
 * its next start makes the file again.
 */
import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Kato } from '../../app/kato.ts';
import { errorCode, KatoError, placeOf, systemCode } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import type { Logger } from '../../core/ports.ts';
import { answer, sendError, sendJson } from './answer.ts';
import { CALL_HEADER, type DaemonFacts, HOST, MOST_BODY_BYTES } from './protocol.ts';
import { routes } from './routes.ts';
import { cancelRequest, parse } from './schemas.ts';
import { makeSocketFolder } from './socket-path.ts';
import { Views } from './views.ts';

export interface ControlOptions {
  readonly socket: string;
  /** A Kato for one client; closing it leaves the store open. */
  readonly openKato: () => Kato;
  readonly facts: () => DaemonFacts;
  /** Called when a client asks the daemon to end, after it has been answered. */
  readonly onStop: () => void;
  readonly log: Logger;
  /** How often to look whether the socket is still there. */
  readonly lookMs?: number;
}

/** How long running calls may take to end when the server stops. */
const GRACE_MS = 300;
const LOOK_MS = 2000;

export class ControlServer {
  readonly name = 'control';
  readonly #options: ControlOptions;
  readonly #views: Views;
  /** Running calls by the names that their clients gave them. */
  readonly #calls = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();
  #server: Server | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#views = new Views(options.openKato);
  }

  async start(onFailure: (error: unknown) => void): Promise<void> {
    const { socket, lookMs = LOOK_MS } = this.#options;
    makeSocketFolder(socket);
    await removeStale(socket);
    const { createServer } = await import('node:http'); // Here, for commands that need no server are in the same program.
    // A connection lives as long as its client: a person may take minutes between two requests.
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      const handled = this.#handle(request, response).finally(() => this.#running.delete(handled));
      this.#running.add(handled);
    });
    server.listen(socket);
    await once(server, 'listening');
    this.#server = server;
    chmodSync(socket, 0o600);
    server.on('error', onFailure);
    const made = lstatSync(socket, { bigint: true }).ino;
    this.#looking = setInterval(() => {
      if (lstatSync(socket, { bigint: true, throwIfNoEntry: false })?.ino !== made) onFailure(vanished(socket));
    }, lookMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#looking);
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    for (const call of this.#calls.values()) call.abort();
    await Promise.race([Promise.allSettled(this.#running), new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
    server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = `${request.method} ${request.url}`;
    const error = await this.#route(name, request, response).catch((thrown: unknown) => {
      sendError(response, thrown);
      return thrown;
    });
    const { log } = this.#options;
    if (error === undefined) log.log('debug', 'control.answered', { call: name });
    else if (request.destroyed && !request.complete) log.log('debug', 'control.cut-off', { call: name });
    else if (error instanceof KatoError && error.code !== 'internal')
      log.log('debug', 'control.refused', { call: name, code: error.code });
    else log.log('error', 'control.failed', { call: name, code: errorCode(error), at: placeOf(error) });
  }

  /** The error that the call ended with, if any. */
  async #route(name: string, request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    check(request);
    if (name === 'GET /v1/daemon') return sendJson(response, 200, this.#options.facts());
    const body = await readBody(request);
    if (name === 'POST /v1/stop') {
      response.once('close', this.#options.onStop);
      return sendJson(response, 200, {});
    }
    if (name === 'POST /v1/cancel') {
      this.#calls.get(parse(cancelRequest, body, 'cancel').call)?.abort();
      return sendJson(response, 200, {});
    }
    const method = /^POST \/v1\/(\w+)$/.exec(name)?.[1] ?? '';
    const route = Object.hasOwn(routes, method) ? routes[method as keyof typeof routes] : undefined;
    if (!route)
      throw new KatoError('usage', 'the daemon knows no such call', { hint: '`kato restart` brings it up to date' });
    const abort = new AbortController();
    const call = String(request.headers[CALL_HEADER] ?? '');
    if (call !== '') this.#calls.set(call, abort);
    response.once('close', () => abort.abort());
    try {
      const kato = this.#views.for(request, response);
      return await answer(response, { route, kato, body, signal: abort.signal });
    } finally {
      this.#calls.delete(call);
    }
  }
}

/** Refuses what a browser could have been made to send. */
function check({ method, headers }: IncomingMessage): void {
  const hint = 'only kato itself talks to this socket';
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) throw refusal('web pages', hint);
  if (headers.host !== HOST) throw refusal('this `Host`', hint);
  if (method === 'POST' && headers['content-type'] !== 'application/json')
    throw refusal('what is not JSON', '`content-type: application/json`');
}

function refusal(what: string, hint: string): KatoError {
  return new KatoError('denied', `the control socket refuses ${what}`, { hint });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) {
      throw new KatoError('usage', 'the request is too large for the control socket', {
        hint: 'ask for fewer at once',
      });
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const body = text === '' ? {} : parseJson(text);
  if (!isRecord(body)) throw new KatoError('usage', 'the request is no JSON object');
  return body;
}

/** Takes away what a process that is gone has left. Throws `daemon-running` when somebody answers. */
async function removeStale(socket: string): Promise<void> {
  const stats = lstatSync(socket, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isSocket()) {
    throw new KatoError('daemon-failed', `${socket} is in the way of the control socket`, {
      hint: 'move it elsewhere',
    });
  }
  if (await answers(socket)) {
    throw new KatoError('daemon-running', `another process answers on ${socket}`, { hint: '`kato stop` ends it' });
  }
  unlinkSync(socket);
}

async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false;
    throw error;
  } finally {
    connection.destroy();
  }
}

function vanished(socket: string): KatoError {
  return new KatoError('daemon-failed', `the control socket ${socket} was taken away`);
}
