/** Whether a command runs, and what it is about: everything that must be known before `plan` is asked. */
import type { SessionFacts, SessionKey } from '../core/session.ts';
import type { Cause, TranscriptStore } from '../store/store.ts';
import type { CommandEvent } from './book.ts';
import { type Command, parseCommands } from './commands.ts';

export interface HearingRules {
  readonly enabled: boolean;
  /** Whether scripts may steer kato too. */
  readonly automated: boolean;
  readonly prefix: string;
  /** So many commands of a session are done within a minute; 0: any number. Stopping is never too much. */
  readonly perMinute: number;
  /** The time of this store's first daemon start: what was typed before it is history. */
  readonly since: string;
  /** The roots of the settings, each with the time since when it is one. Absent: not asked. */
  readonly roots?: readonly { readonly provider: string; readonly path: string; readonly since: string }[];
}

/** The file in which a command stands. */
export interface CommandSource {
  readonly provider: string;
  readonly path: string;
  /** When it was made, for records without a time of their own. */
  readonly bornAt: string;
}

/** Why a command is not run; absent when it is to be run. */
export function whyIgnored(
  { origin, at, source: { notBefore } }: CommandEvent,
  cause: Cause,
  source: CommandSource | undefined,
  { enabled, automated, since, roots }: HearingRules,
): string | undefined {
  if (!enabled) return 'commands are switched off';
  if (cause !== 'live') return 'it is history';
  if (origin === 'replayed') return 'it is a copy of history';
  if (origin === 'automated' && !automated) return 'a script wrote it, and commands.automated is off';
  if (origin !== 'typed' && origin !== 'automated') return 'nobody typed it';
  const time = at ?? notBefore ?? source?.bornAt;
  const words = at === undefined && notBefore !== undefined ? UNPROVEN : PROVEN;
  if (time === undefined || time <= since) return words("kato's first start here");
  return source && roots && whyForeign(source, time, roots, words);
}

type Words = (what: string) => string;
const PROVEN: Words = (what) => `it was typed before ${what}`;
/** A file that is read again has what is typed once more as news. */
const UNPROVEN: Words = (what) => `nothing says that it was typed after ${what}; typed once more, it counts`;

/** What somebody else has put into a folder, before it was named in the settings, is not the user's to steer kato by. */
function whyForeign(
  { provider, path }: CommandSource,
  time: string,
  roots: NonNullable<HearingRules['roots']>,
  words: Words,
): string | undefined {
  const around = roots.filter((root) => root.provider === provider && path.startsWith(`${root.path}/`));
  if (around.length === 0) return 'its file is in none of the folders that kato reads now';
  return around.some(({ since }) => time > since) ? undefined : words('kato was to read its folder');
}

const MINUTE_MS = 60_000;

/** Counts commands by session and by the time when they were typed, so that it does not matter when they are heard. */
export class CommandRate {
  readonly #typed = new Map<string, readonly number[]>();

  /** Counts a command. Whether there were too many within a minute. */
  isTooFast(session: string, time: string | undefined, { perMinute }: Pick<HearingRules, 'perMinute'>): boolean {
    const ms = Date.parse(time ?? '');
    if (perMinute === 0 || Number.isNaN(ms)) return false;
    const before = (this.#typed.get(session) ?? []).filter((one) => one > ms - MINUTE_MS && one <= ms);
    if (before.length >= perMinute) return true;
    this.#typed.set(session, [...before, ms]);
    return false;
  }
}

/** The command that an event tells of. The event's line was found to be one, with the same word before the verb. */
export function commandOf({ payload }: CommandEvent, { prefix }: HearingRules): Command | { readonly error: string } {
  if (payload.error !== undefined) return { error: payload.error };
  const [said] = parseCommands(payload.line, { prefix });
  if (said === undefined) return { error: 'it is no command with the settings of now' };
  return 'command' in said ? said.command : { error: said.error };
}

/** The position of an event in the log as it was written: its first, looked for from the end. Absent when it is not there. */
export async function positionOf(store: TranscriptStore, key: SessionKey, id: string): Promise<number | undefined> {
  for await (const page of store.read({ key, view: 'written', backward: true })) {
    const found = page.find(({ event }) => event.id === id);
    if (found) return found.position;
  }
  return undefined;
}

/** The id of the message that begins the last so many turns; absent when there are fewer. */
export async function turnFromEnd(
  store: TranscriptStore,
  key: SessionKey,
  turns: number,
  before: number,
): Promise<string | undefined> {
  let left = turns;
  for await (const page of store.read({ key, view: 'written', backward: true })) {
    for (const { event, position } of page) {
      const isTurn = event.kind === 'user.message' && (event.origin === 'typed' || event.origin === 'automated');
      if (!isTurn || position > before || event.revises !== undefined) continue;
      left -= 1;
      if (left === 0) return event.id;
    }
  }
  return undefined;
}

/** The folder that relative destinations of a session start from. */
export function folderOf({ cwd }: SessionFacts): string | undefined {
  return cwd?.replace(/(?<=.)\/+$/, '');
}
