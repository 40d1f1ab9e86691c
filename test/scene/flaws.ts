/**
 * What is not as it must be, in words; nothing when all is well. Asked again and again until nothing is left, or too long.
 *
 *   1. every command was obeyed once, and nothing that only looks like one
 *   2. every recording equals its export, byte for byte below the head; where the person edited, line by line without theirs
 *   3. every prompt in a recording's range stands in it, once
 *   4. every line that the person wrote is there
 *
 * 1 and 3 come from the ledger of the fake agents, so a file and an export that are wrong together are found.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sessionId } from '../../src/core/session.ts';
import { headLength } from '../../src/record/formats/front-matter-edit.ts';
import { forgetsTakenBack, type Ledger, type Said } from '../fake-agent/script.ts';
import { filesBelow } from '../support/derive.ts';
import { type Editor, withoutEdits, withoutInsertions } from './editor.ts';
import { countEvents, countParagraphs, type Expected, expectedRecordings } from './expected.ts';
import type { Chat, Scene } from './scene.ts';

export interface RecordingView {
  readonly id: string;
  /** Id of the session. */
  readonly session: string;
  readonly path: string;
  readonly on: boolean;
  readonly failure?: string | undefined;
}

export interface CommandView {
  readonly session: string;
  readonly line: string;
  readonly outcome: string;
}

/** What kato says of itself: through the socket while a test waits, through the command line in the end. */
export interface Witness {
  recordings(): Promise<readonly RecordingView[]>;
  /** What a recording should hold. */
  exported(id: string): Promise<string>;
  commands(): Promise<readonly CommandView[]>;
}

export async function flawsOf(scene: Scene, editor: Editor, witness: Witness): Promise<readonly string[]> {
  const commands = await witness.commands();
  const recordings = await witness.recordings();
  const flaws = scene.chats.flatMap((chat) => {
    const ledger = chat.player.ledger();
    return [...commandFlaws(chat, ledger, commands), ...rangeFlaws(scene, chat, ledger, recordings)];
  });
  for (const one of recordings) flaws.push(...fileFlaws(one, await witness.exported(one.id), editor));
  flaws.push(...editor.missing().map((line) => `the person's ${line} is gone`));
  flaws.push(...spoofed(scene));
  return flaws;
}

function commandFlaws(chat: Chat, ledger: Ledger, commands: readonly CommandView[]): readonly string[] {
  const lasting = ledger.said.filter(({ id }) => !isForgotten(chat, ledger, id));
  const wanted = lasting.flatMap(({ session, commands: typed }) =>
    typed.map(({ line }) => `${sessionId({ provider: chat.provider, nativeId: session })} ${line.trim()}`),
  );
  const obeyed = commands.filter(({ outcome }) => outcome !== 'ignored');
  return [...new Set(wanted)].flatMap((line) => {
    const [should, is] = [
      count(wanted, line),
      count(
        obeyed.map((one) => `${one.session} ${one.line}`),
        line,
      ),
    ];
    const isRight = is === should || (is > should && ledger.takenBack.size > 0 && isDocument(chat));
    return isRight ? [] : [`${chat.name}: obeyed ${is} times instead of ${should}: ${line}`];
  });
}

/** A document forgets what was taken back, and kato may not have seen it in time. */
function isForgotten(chat: Chat, { takenBack }: Ledger, id: number): boolean {
  return isDocument(chat) && takenBack.has(id);
}

function isDocument({ format }: Chat): boolean {
  return forgetsTakenBack(format);
}

function count<T>(list: readonly T[], wanted: T): number {
  return list.filter((one) => one === wanted).length;
}

function rangeFlaws(scene: Scene, chat: Chat, ledger: Ledger, found: readonly RecordingView[]): readonly string[] {
  const isUncertain = ledger.said.some(({ id, commands }) => commands.length > 0 && isForgotten(chat, ledger, id));
  if (isUncertain) return [];
  return expectedRecordings(ledger).flatMap((expected) => {
    if (expected.isVague && scene.asked.has(expected.session)) return [];
    const id = sessionId({ provider: chat.provider, nativeId: expected.session });
    const isMeant = pathTest(scene, chat, expected);
    const recording = found.find(({ session, path }) => session === id && isMeant(path));
    const name = `${chat.name}: ${expected.dest ?? 'generated'} of ${expected.session}`;
    if (!recording) return [`${name}: no such recording`];
    const state = recording.on === expected.isOn ? [] : [`${name}: on is ${recording.on}`];
    return [...state, ...promptFlaws(name, recording.path, expected, ledger)];
  });
}

function pathTest(scene: Scene, { cwd }: Chat, { dest }: Expected): (path: string) => boolean {
  if (dest === undefined) return (path) => path.startsWith(`${scene.home.kato}/recordings/`);
  const wanted = dest.startsWith('~/') ? scene.home.path(dest.slice(2)) : `${cwd}/${dest}`;
  return (path) => path === wanted;
}

function promptFlaws(name: string, path: string, expected: Expected, ledger: Ledger): readonly string[] {
  const body = withoutInsertions(bodyOf(textOf(path)));
  const counted = path.endsWith('.jsonl') ? countEvents : countParagraphs;
  const all = ledger.said.filter(({ by, commands }) => by === 'person' && commands.length === 0);
  const lasting = expected.prompts.filter(({ id }) => !ledger.takenBack.has(id));
  return [...new Set(expected.prompts.map((one) => one.text))].flatMap((prompt) => {
    const isSame = (one: Said) => one.text === prompt;
    // A text may have been typed more than once, in this range and beside it; a fork shows its parent's too.
    const least = lasting.filter(isSame).length;
    const most = all.filter(isSame).length * (expected.hasTools ? 2 : 1);
    const is = counted(body, prompt);
    if (is >= least && is <= most) return [];
    const ids = all.filter(isSame).map(({ id }) => id);
    return [`${name}: prompt ${ids.join()} is there ${is} times, not ${least} to ${most}`];
  });
}

function fileFlaws(recording: RecordingView, exported: string, editor: Editor): readonly string[] {
  const { path, failure } = recording;
  const name = `${basename(path)} (${recording.id.slice(0, 8)}, ${recording.on ? 'on' : 'off'})`;
  if (failure !== undefined) return [`${name}: paused: ${failure}`];
  if (!existsSync(path)) return [`${name}: no file`];
  const bodies = [textOf(path), exported].map(bodyOf);
  const [is = '', should = ''] = editor.hasEdited(path) ? bodies.map(withoutEdits) : bodies;
  return is === should ? [] : [`${name}: ${difference(is, should)}`];
}

/** Where two texts part. The sizes and the place say enough: the folder is kept for the rest. */
function difference(is: string, should: string): string {
  let at = 0;
  while (at < is.length && is[at] === should[at]) at += 1;
  return `${is.length} characters, not ${should.length}; differs at ${at}`;
}

/** Below the head. A file gets its head with the first words. */
function bodyOf(text: string): string {
  return text.slice(headLength(text)).replace(/^\n/, '');
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function spoofed({ home }: Scene): readonly string[] {
  const made = filesBelow(home.folder).filter((path) => basename(path).startsWith('spoof-'));
  return made.map((path) => `a line that was no command made ${path}`);
}
