/** Writing answers: one JSON object, or JSON lines as fast as the client takes them. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Kato } from '../../app/kato.ts';
import { errorToWire, httpStatus, type Line } from './protocol.ts';
import type { Route } from './routes.ts';

/** Progress is for people: no more often than they can see. */
const PROGRESS_MS = 50;

export interface Call {
  readonly route: Route;
  readonly kato: Kato;
  readonly body: unknown;
  /** Aborted when the client asks for it, or goes away. */
  readonly signal: AbortSignal;
}

/** Does what was asked and answers it. The error that it ended with, if any: it has been told to the client. */
export async function answer(response: ServerResponse, { route, kato, body, signal }: Call): Promise<unknown> {
  try {
    if (route.kind === 'one') sendJson(response, 200, (await route.run(kato, body)) ?? null);
    else if (route.kind === 'many') await sendItems(response, route.run(kato, body), signal);
    else await sendWork(response, (tell) => route.run(kato, body, tell, signal));
    return undefined;
  } catch (error) {
    sendError(response, error);
    return error;
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const wire = errorToWire(error);
  if (response.headersSent) response.end(toLine({ error: wire }));
  else sendJson(response, httpStatus[wire.code], { error: wire });
}

async function sendItems(response: ServerResponse, items: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  for await (const item of items) {
    if (signal.aborted) return;
    startLines(response);
    if (!response.write(toLine({ item }))) await once(response, 'drain', { signal }).catch(ignoreAbort);
  }
  startLines(response);
  response.end(toLine({ result: null }));
}

async function sendWork(
  response: ServerResponse,
  run: (tell: (progress: unknown) => void) => Promise<unknown>,
): Promise<void> {
  let toldMs = Number.NEGATIVE_INFINITY;
  const running = run((progress) => {
    startLines(response);
    const nowMs = performance.now();
    if (nowMs - toldMs < PROGRESS_MS || response.writableNeedDrain) return;
    toldMs = nowMs;
    response.write(toLine({ progress }));
  });
  startLines(response); // The client may cancel from here on.
  const result = await running;
  response.end(toLine({ result: result ?? null }));
}

/** Headers are held back until there is something to say: until then an error still has a status of its own. */
function startLines(response: ServerResponse): void {
  if (response.headersSent) return;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
}

function toLine(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
