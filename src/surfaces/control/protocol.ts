/**
 * What the daemon and its clients say to each other: HTTP with JSON over a Unix socket.
 *
 *     GET  /v1/daemon       who answers: `DaemonFacts`. The same in every version of the protocol, like `stop`
 *     POST /v1/stop         ends the daemon
 *     POST /v1/cancel       { call }: asks a running call, named in its `kato-call` header, to stop where it is
 *     POST /v1/<method>     a method of `Kato`: its arguments as one JSON object
 *
 * One answer is a JSON object. Many, or progress before one, are JSON lines, of which the last is always `result` or
 * `error`: an answer that ends without it was cut off. Errors are those of `KatoError`, with the HTTP status of the code.
 *
 * A session that `find` read from an agent's file without keeping it belongs to the client that asked, which says who it
 * is in `kato-client`: it is there as long as one of this client's connections is.
 */
import type { ComponentStatus, MemoryUse } from '../../app/kato.ts';
import { type ErrorCode, KatoError } from '../../core/errors.ts';
import { field, isRecord, listAt, stringAt } from '../../core/json.ts';

/** Raised when an older client or daemon would misunderstand. */
export const PROTOCOL = 1;
/** The `Host` of every request. What a browser can be made to send has another one. */
export const HOST = 'kato';
export const MOST_BODY_BYTES = 1024 * 1024;
export const CLIENT_HEADER = 'kato-client';
export const CALL_HEADER = 'kato-call';

export interface DaemonFacts {
  readonly protocol: number;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly components: readonly ComponentStatus[];
  readonly memory: MemoryUse;
}

/** A line of an answer in lines. */
export type Line =
  | { readonly item: unknown }
  | { readonly progress: unknown }
  | { readonly result: unknown }
  | { readonly error: WireError };

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details: readonly string[];
}

export const httpStatus: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  'config-missing': 409,
  'config-invalid': 409,
  'session-not-found': 404,
  'session-ambiguous': 409,
  'nothing-to-export': 404,
  denied: 403,
  'daemon-needed': 503,
  'daemon-running': 409,
  'daemon-failed': 500,
  'daemon-lost': 502,
  'source-unreadable': 422,
  'write-failed': 507,
  'store-failed': 507,
  'store-busy': 503,
  'store-newer': 409,
  'store-corrupt': 500,
  'checkpoint-moved': 409,
  internal: 500,
};

/** An error as it is sent. */
export function errorToWire(error: unknown): WireError {
  if (error instanceof KatoError) {
    const { code, message, hint, details } = error;
    return { code, message, details, ...(hint !== undefined && { hint }) };
  }
  const what = error instanceof Error ? error.message : 'unknown failure';
  const hint = '`kato logs` says where; report it';
  return { code: 'internal', message: `unexpected failure in the daemon: ${what}`, hint, details: [] };
}

/** An error as it was sent. */
export function wireToError(value: unknown): KatoError {
  const code = stringAt(value, 'code') ?? '';
  const hint = stringAt(value, 'hint');
  const details = listAt(value, 'details').filter((line) => typeof line === 'string');
  return new KatoError(isErrorCode(code) ? code : 'internal', stringAt(value, 'message') ?? 'the daemon refused', {
    details,
    ...(hint !== undefined && { hint }),
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(httpStatus, code);
}

/** Which kind of line it is, and what it brings. Absent when it is none. */
export function readLine(
  value: unknown,
): readonly [kind: 'item' | 'progress' | 'result' | 'error', value: unknown] | undefined {
  if (!isRecord(value)) return undefined;
  for (const kind of ['item', 'progress', 'result', 'error'] as const) {
    if (Object.hasOwn(value, kind)) return [kind, field(value, kind)];
  }
  return undefined;
}
