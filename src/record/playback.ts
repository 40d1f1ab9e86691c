/**
 * The body of a recording: its periods over the log, through its format.
 *
 * This is the only place where a recording's text is made: the recorder plays on from where it was, an export plays from
 * the start. Both give the same bytes, however often playing was interrupted, because all that is known between two
 * events is in the cursor. Recordings read what was written: what a reprocess derives anew is not for them.
 */
import { durabilityOf } from '../core/durability.ts';
import type { KatoEvent } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import { type SessionKey, sessionId, shortId } from '../core/session.ts';
import type { Position, StoredEvent, TranscriptStore } from '../store/store.ts';
import { cutLines } from './commands.ts';
import { Feeder } from './feeder.ts';
import type { Format, FormatOptions } from './formats/format.ts';
import type { Mark, Period } from './recording.ts';
import type { View } from './view.ts';

export interface Play {
  readonly store: Pick<TranscriptStore, 'read' | 'pick'>;
  readonly session: SessionKey;
  readonly format: Format;
  readonly periods: readonly Period[];
  readonly optionsOf: (view: View) => FormatOptions;
  /** Nothing behind this position is played: a command that nobody has heard may stand there. Absent: to the end. */
  readonly upTo?: Position;
}

/** Between two events of a recording. Survives JSON. */
export type Cursor = {
  /** The period that is being played, from 0. */
  readonly period: number;
  /** Played up to this position of the log. */
  readonly after: Position;
  /** Whether the period's first event has been met. */
  readonly begun: boolean;
  readonly fold: JsonValue;
};

export interface Played {
  readonly text: string;
  /** Events that the text shows. */
  readonly events: number;
  readonly cursor: Cursor;
  /** Whether the last event that was played rides: the store may not have it on the disk yet. Absent when none was played. */
  readonly rides?: boolean;
}

export function startOf({ format }: Pick<Play, 'format'>): Cursor {
  return { period: 0, after: 0, begun: false, fold: format.initial };
}

/** What there is behind the cursor, in pieces; each piece with the cursor behind it. */
export async function* play(recording: Play, from: Cursor): AsyncGenerator<Played> {
  let cursor = from;
  for (;;) {
    const period = recording.periods[cursor.period];
    if (!period) return;
    if (!cursor.begun && period.from === undefined) {
      const inherited = yield* playInherited(recording, period, cursor);
      cursor = { ...cursor, begun: true, fold: inherited };
    }
    const run = new PeriodRun(recording, period, cursor);
    yield* run.pieces();
    cursor = run.cursor;
    if (!run.isOver) return;
  }
}

/** The parts of other sessions that come before a period from the beginning. The state behind them. */
async function* playInherited(recording: Play, { inherited = [], missing, view }: Period, cursor: Cursor) {
  const { store, format, session } = recording;
  let fold = format.resume(cursor.fold);
  if (missing !== undefined) {
    const id = shortId(sessionId({ provider: session.provider, nativeId: missing }));
    const { text, state } = format.note(fold, `Continues session ${id}, which is not in the store.`);
    fold = state;
    yield { text, events: 0, cursor };
  }
  const options = optionsFor(recording, view, missing !== undefined);
  for (const part of inherited) {
    const feeder = new Feeder(store, format, part.session, (event) => event);
    fold = format.resume(fold);
    reading: for await (const page of store.read({ key: part.session, view: 'written' })) {
      for (const { event } of page) {
        const folded = await feeder.fold(fold, event, options);
        fold = folded.state;
        yield { text: folded.text, events: format.shows(event, options) ? 1 : 0, cursor };
        if (event.id === part.until) break reading;
      }
    }
    yield { text: await feeder.finish(fold, options), events: 0, cursor };
  }
  return format.resume(fold);
}

/** Copies of a parent's part are shown only where the parent's part itself cannot be. */
function optionsFor({ optionsOf }: Play, view: View, isOrphan: boolean): FormatOptions {
  const options = optionsOf(view);
  return { ...options, replayed: options.replayed || isOrphan };
}

/** One period in one session, from the cursor to the period's end or to the end of the log. */
class PeriodRun {
  cursor: Cursor;
  /** True when the period's end has been played. */
  isOver = false;
  readonly #recording: Play;
  readonly #period: Period;
  readonly #options: FormatOptions;
  readonly #feeder: Feeder;

  constructor(recording: Play, period: Period, cursor: Cursor) {
    const { store, format, session } = recording;
    this.#recording = recording;
    this.#period = period;
    this.#options = optionsFor(recording, period.view, period.missing !== undefined);
    this.#feeder = new Feeder(store, format, session, (event) => clip(event, period));
    this.cursor = cursor.begun ? cursor : { ...cursor, fold: format.resume(cursor.fold) };
  }

  async *pieces(): AsyncGenerator<Played> {
    const { store, session, upTo = Number.MAX_SAFE_INTEGER } = this.#recording;
    const { after } = this.cursor;
    // One event is seen again: the period may have been told to end right behind it.
    for await (const page of store.read({ key: session, view: 'written', after: Math.max(0, after - 1) })) {
      let text = '';
      let events = 0;
      let rides: boolean | undefined;
      for (const stored of page) {
        if (stored.position > upTo) break;
        const piece = stored.position > after ? await this.#take(stored) : await this.#seeAgain(stored);
        text += piece.text;
        events += piece.events;
        rides = durabilityOf[stored.event.kind] === 'ride';
        if (this.isOver) break;
      }
      yield { text, events, cursor: this.cursor, ...(rides !== undefined && { rides }) };
      if (this.isOver || (page.at(-1)?.position ?? 0) > upTo) return;
    }
  }

  async #take({ event, position }: StoredEvent): Promise<{ readonly text: string; readonly events: number }> {
    const { from, until } = this.#period;
    const isFirst = !this.cursor.begun && event.id === from?.event;
    if (isFirst) this.cursor = { ...this.cursor, begun: true };
    const isInside = this.cursor.begun && !(isFirst && from?.line === undefined);
    const seen = clip(event, this.#period);
    const shown = isInside && (seen === event || hasWords(seen)) ? await this.#fold(event) : NOTHING;
    this.cursor = { ...this.cursor, after: position };
    if (this.cursor.begun && event.id === until?.event)
      return { ...shown, text: shown.text + (await this.#end(position)) };
    return shown;
  }

  async #seeAgain({ event, position }: StoredEvent): Promise<{ readonly text: string; readonly events: number }> {
    const { until } = this.#period;
    const isEnd = this.cursor.begun && until?.line === undefined && event.id === until?.event;
    return isEnd ? { text: await this.#end(position), events: 0 } : NOTHING;
  }

  async #fold(event: KatoEvent): Promise<{ readonly text: string; readonly events: number }> {
    const { format } = this.#recording;
    const { text, state } = await this.#feeder.fold(this.cursor.fold, event, this.#options);
    this.cursor = { ...this.cursor, fold: state };
    return { text, events: format.shows(event, this.#options) ? 1 : 0 };
  }

  /** Ends the period. The next one may begin in the same message. */
  async #end(position: Position): Promise<string> {
    const { format } = this.#recording;
    const text = await this.#feeder.finish(this.cursor.fold, this.#options);
    const fold = format.resume(this.cursor.fold);
    this.cursor = { period: this.cursor.period + 1, after: position - 1, begun: false, fold };
    this.isOver = true;
    return text;
  }
}

const NOTHING = { text: '', events: 0 } as const;

/** The part of a message that belongs to the period; any other event as it is. */
function clip(event: KatoEvent, { from, until }: Period): KatoEvent {
  if (event.kind !== 'user.message') return event;
  const first = lineOf(event, from);
  const last = lineOf(event, until);
  if (first === undefined && last === undefined) return event;
  const { attachments, ...payload } = event.payload;
  const text = cutLines(payload.text, first ?? 0, last);
  const isEnd = last === undefined;
  return { ...event, payload: { ...payload, text, ...(attachments && isEnd && { attachments }) } };
}

function lineOf({ id }: KatoEvent, mark: Mark | undefined): number | undefined {
  return mark?.event === id ? mark.line : undefined;
}

/** Whether anything is left of a message that was cut. */
function hasWords(event: KatoEvent): boolean {
  return event.kind !== 'user.message' || event.payload.text.trim() !== '' || event.payload.attachments !== undefined;
}
