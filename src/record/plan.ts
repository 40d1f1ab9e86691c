/**
 * What a command does to the recordings of a session: (recordings, command) → (recordings, effects, outcome). Pure.
 *
 * Nothing is looked up here: the destination has been worked out, and the caller stores the new state before it touches a
 * file. An effect says what must become of a file; when it fails, the state still says what was wanted.
 */
import type { SessionKey } from '../core/session.ts';
import type { CommandOptions } from './command-arguments.ts';
import type { Command, StopTarget } from './commands.ts';
import type { FormatId } from './formats/format.ts';
import { ended, type Mark, type Period, type Recording, recordingId, type SessionRecordings } from './recording.ts';
import type { View } from './view.ts';

/** A destination, worked out: absolute, with a file name. */
export interface Target {
  readonly path: string;
  readonly format: FormatId;
}

/** A command with everything that it needs to know. */
export interface Request {
  readonly command: Command;
  readonly session: SessionKey;
  /** Before the command's own line. */
  readonly before: Mark;
  /** Behind the command's own line. */
  readonly behind: Mark;
  /** What the command names; absent when it names nothing. */
  readonly named?: Target;
  /** The session's primary destination as a target; absent when it has none. */
  readonly primary?: Target;
  /** The place for a session that has none. */
  readonly generated: Target;
  /** With `last:N`: where the last so many turns begin; absent when there are fewer. */
  readonly lastTurns?: Mark;
  /** For a command that takes in the whole conversation: what other sessions have of it. */
  readonly inherited?: Pick<Period, 'inherited' | 'missing'>;
  /** The ids of recordings that are on and whose files are not there any more. */
  readonly gone?: readonly string[];
  /** It was asked from outside the chat. */
  readonly isOutside?: boolean;
  /** What is shown when nothing is asked for. */
  readonly usual: (format: FormatId) => View;
}

/** What must become of a file. */
export type Effect =
  /** Make the file with its head, if there is none. */
  | { readonly kind: 'prepare'; readonly target: Target }
  /** Write what the newest period holds, at the end of the file, and go on. */
  | {
      readonly kind: 'go-on';
      readonly recording: string;
      /** The recording of the session that this one continues, which wrote the file so far. */
      readonly continues?: string;
      /** Its file is gone: all its periods are written to a new one. */
      readonly isWhole?: boolean;
      readonly before?: Before;
    }
  /** Write the file anew from its only period, and go on. `overwrite`: also over text that is not kato's. */
  | {
      readonly kind: 'anew';
      readonly recording: string;
      readonly overwrite: boolean;
      /** What the recording held until then. */
      readonly replaces: readonly Period[];
      readonly before?: Before;
    }
  /** Write a period once. */
  | { readonly kind: 'export'; readonly target: Target; readonly period: Period; readonly overwrite: boolean }
  /** Write what is missing up to the end of the last period, and no more. */
  | { readonly kind: 'end'; readonly recording: string };

/**
 * The recording without the command: what there was, ended at its line. It is this again when the file cannot be written.
 * Absent where there was none.
 */
type Before = Recording;

export type Outcome =
  | { readonly kind: 'done'; readonly paths: readonly string[]; readonly warning?: string }
  | { readonly kind: 'no-op' | 'failed'; readonly reason: string; readonly paths: readonly string[] };

export interface Plan {
  readonly state: SessionRecordings;
  readonly effects: readonly Effect[];
  readonly outcome: Outcome;
}

export function plan(state: SessionRecordings, request: Request): Plan {
  const { command } = request;
  switch (command.verb) {
    case 'init':
      return init(state, request);
    case 'record':
      return record(state, request, command.options);
    case 'capture':
      return capture(state, request, command.options);
    case 'export':
      return exportOnce(state, request, command.options);
    case 'stop':
      return stop(state, request, command.target);
  }
}

function init(state: SessionRecordings, request: Request): Plan {
  const target = targetOf(request);
  const outcome = done(target.path);
  return { state: { ...state, primary: target.path }, effects: [{ kind: 'prepare', target }], outcome };
}

function record(state: SessionRecordings, request: Request, options: CommandOptions): Plan {
  const target = targetOf(request);
  const known = state.recordings.find(({ path }) => path === target.path);
  const lost = state.recordings.findLast(({ id, on }) => on && request.gone?.includes(id));
  if (known?.on && known === lost) return again(state, request, known);
  if (known?.on) return nothing(state, 'it is being recorded there already', target.path);
  if (lost && !known && request.isOutside) return move(state, request, lost, target);
  const period = { from: request.before, view: viewFor(target.format, options, request, known) };
  const recording = withPeriods(request, target, [...(known?.periods ?? []), period], known);
  const effect: Effect = options.overwrite
    ? { kind: 'anew', recording: recording.id, overwrite: true, ...insteadOf(known, request) }
    : { kind: 'go-on', recording: recording.id, ...(known && { before: known }) };
  const changed = options.overwrite ? { ...recording, periods: [period] } : recording;
  return { state: put(withPrimary(state, target), changed), effects: [effect], outcome: done(target.path) };
}

/** The file of a recording that is on is gone: it is made again. */
function again(state: SessionRecordings, { before }: Request, known: Recording): Plan {
  const effect: Effect = { kind: 'go-on', recording: known.id, isWhole: true, before: ended(known, before) };
  return { state, effects: [effect], outcome: done(known.path) };
}

/** A recording whose file is gone goes on in another one, with all that it holds. */
function move(state: SessionRecordings, request: Request, lost: Recording, { path, format }: Target): Plan {
  const { redirectedFrom: _, ...known } = lost; // This is the place that was asked for.
  const moved = { ...known, id: recordingId(request.session, path), path, format };
  const left = put(state, ended(lost, request.before));
  return {
    state: put({ ...left, ...(state.primary === lost.path && { primary: path }) }, moved),
    effects: [{ kind: 'go-on', recording: moved.id }],
    outcome: done(path),
  };
}

function capture(state: SessionRecordings, request: Request, options: CommandOptions): Plan {
  const target = targetOf(request);
  const known = state.recordings.find(({ path }) => path === target.path);
  const period = { ...beginning(request, options), view: viewFor(target.format, options, request, known) };
  const recording = withPeriods(request, target, [period], known);
  const overwrite = options.overwrite === true;
  const effect: Effect = { kind: 'anew', recording: recording.id, overwrite, ...insteadOf(known, request) };
  return { state: put(withPrimary(state, target), recording), effects: [effect], outcome: done(target.path) };
}

function insteadOf(known: Recording | undefined, { before }: Request) {
  return { replaces: known?.periods ?? [], ...(known && { before: known.on ? ended(known, before) : known }) };
}

function exportOnce(state: SessionRecordings, request: Request, options: CommandOptions): Plan {
  const target = targetOf(request);
  const view = viewFor(target.format, options, request, undefined);
  const period = { ...beginning(request, options), until: request.behind, view };
  const effect: Effect = { kind: 'export', target, period, overwrite: options.overwrite === true };
  return { state, effects: [effect], outcome: done(target.path) };
}

function stop(state: SessionRecordings, request: Request, target: StopTarget | undefined): Plan {
  const running = state.recordings.filter(({ on }) => on);
  if (running.length === 0) return nothing(state, 'nothing is being recorded');
  if (target === undefined) return end(state, running, request);
  const byId = target.by === 'dest' ? [] : running.filter(({ id }) => isPrefix(target.text, id));
  const byPath = target.by === 'id' ? [] : goingTo(running, request.named?.path);
  if (target.by === 'id' && byId.length > 1) {
    const candidates = byId.map(({ id, path }) => `${id.slice(0, 8)} ${path}`).join(', ');
    return failure(state, `id:${target.text} fits several recordings: ${candidates}`, byId);
  }
  const meant = running.filter((one) => byId.includes(one) || byPath.includes(one));
  if (meant.length === 0) return failure(state, `no recording \`${target.text}\` in this session`, []);
  const isBoth = byId.length > 0 && byPath.length > 0;
  return end(
    state,
    meant,
    request,
    isBoth ? `${target.text} is the id of one recording and the path of another` : undefined,
  );
}

/** Those with this path; else those that were asked for there, and could not be there. */
function goingTo(running: readonly Recording[], asked: string | undefined): readonly Recording[] {
  const there = running.filter(({ path }) => path === asked);
  return there.length > 0 ? there : running.filter(({ redirectedFrom = '' }) => redirectedFrom === asked);
}

const LEAST_PREFIX = 4;

function isPrefix(text: string, id: string): boolean {
  return text.length >= LEAST_PREFIX && id.startsWith(text.toLowerCase());
}

function end(state: SessionRecordings, meant: readonly Recording[], { before }: Request, warning?: string): Plan {
  return {
    state: meant.map((one) => ended(one, before)).reduce(put, state),
    effects: meant.map(({ id }) => ({ kind: 'end', recording: id })),
    outcome: { kind: 'done', paths: meant.map(({ path }) => path), ...(warning !== undefined && { warning }) },
  };
}

function targetOf({ named, primary, generated }: Request): Target {
  return named ?? primary ?? generated;
}

/** The first destination of a session is the one that later commands without any mean. */
function withPrimary(state: SessionRecordings, { path }: Target): SessionRecordings {
  return state.primary === undefined ? { ...state, primary: path } : state;
}

/** From the session's beginning, or from the last so many turns. */
function beginning({ lastTurns, inherited }: Request, { last }: CommandOptions): Omit<Period, 'until' | 'view'> {
  return last !== undefined && lastTurns !== undefined ? { from: lastTurns } : (inherited ?? {});
}

/** What was asked for now, else what the recording showed before, else the usual. */
function viewFor(format: FormatId, options: CommandOptions, { usual }: Request, known: Recording | undefined): View {
  const { preset, switches = {} } = options;
  if (preset !== undefined) return { preset, switches };
  const before = known?.periods.at(-1)?.view ?? usual(format);
  return { ...before, switches: { ...before.switches, ...switches } };
}

/** Where nobody names its path, it is still there for the reason for which it went there. */
function withPeriods(
  { session, named }: Request,
  { path, format }: Target,
  periods: readonly Period[],
  known: Recording | undefined,
): Recording {
  const from = named ? undefined : known?.redirectedFrom;
  const place = { path, ...(from !== undefined && { redirectedFrom: from }) };
  return { id: recordingId(session, path), ...place, format, on: true, periods };
}

/** The same with a note that the recording is there because it could not be at another path. */
export function redirectedFrom<S extends SessionRecordings>(state: S, from: string, to: string): S {
  const recordings = state.recordings.map((one) => (one.path === to ? { ...one, redirectedFrom: from } : one));
  return { ...state, recordings };
}

function put(state: SessionRecordings, recording: Recording): SessionRecordings {
  const isKnown = state.recordings.some(({ id }) => id === recording.id);
  const recordings = isKnown
    ? state.recordings.map((one) => (one.id === recording.id ? recording : one))
    : [...state.recordings, recording];
  return { ...state, recordings };
}

function done(path: string): Outcome {
  return { kind: 'done', paths: [path] };
}

function nothing(state: SessionRecordings, reason: string, ...paths: readonly string[]): Plan {
  return { state, effects: [], outcome: { kind: 'no-op', reason, paths } };
}

function failure(state: SessionRecordings, reason: string, meant: readonly Recording[]): Plan {
  return { state, effects: [], outcome: { kind: 'failed', reason, paths: meant.map(({ path }) => path) } };
}
