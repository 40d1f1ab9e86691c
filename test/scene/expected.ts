/**
 * What recordings must hold, worked out from what was typed and nothing else: kato's own planning is not asked.
 *
 * Only whole prompts are looked at: a prompt that holds a command lies partly in one range and partly in another. What was
 * asked for from outside the chat is no part of this; those recordings have destinations of their own.
 */
import type { Command, Ledger, Said } from '../fake-agent/script.ts';

export interface Expected {
  /** Native id. */
  readonly session: string;
  /** As the person wrote it; absent for a name that kato makes. */
  readonly dest: string | undefined;
  readonly isOn: boolean;
  /** A command of the session named no destination: it means that of what was asked for from outside, if that was first. */
  readonly isVague: boolean;
  /** Tools were shown at some time: what a person says to a declined tool stands in its result, too. */
  readonly hasTools: boolean;
  /** Prompts that lie in it, in order. */
  readonly prompts: readonly Said[];
}

interface Running {
  isOn: boolean;
  hasTools: boolean;
  prompts: Said[];
}

const GENERATED = 'generated';

export function expectedRecordings(ledger: Ledger): readonly Expected[] {
  return [...ledger.sessions.keys()].flatMap((session) => {
    const said = ledger.said.filter((one) => one.session === session && one.by === 'person');
    const isVague = said.some(({ commands }) => commands.some(isBare));
    const recordings = recordingsOf(said);
    return [...recordings].map(([dest, one]) => {
      return { ...one, session, isVague, dest: dest === GENERATED ? undefined : dest };
    });
  });
}

function recordingsOf(said: readonly Said[]): ReadonlyMap<string, Running> {
  const recordings = new Map<string, Running>();
  const whole: Said[] = [];
  let primary: string | undefined;
  const begin = (dest: string, prompts: Said[], hasTools: boolean) =>
    recordings.set(dest, { isOn: true, prompts, hasTools });
  const obey = ({ verb, arguments: wanted }: Command) => {
    const dest = destOf(wanted);
    const meant = dest ?? primary ?? GENERATED;
    const known = recordings.get(meant);
    const hasTools = known?.hasTools || /\+tools|preset:full/.test(wanted);
    if (verb === 'export') return;
    if (verb === 'stop') {
      for (const [name, one] of recordings) if (dest === undefined || name === dest) one.isOn = false;
      return;
    }
    if (verb === 'init') primary = meant;
    primary ??= meant;
    if (verb === 'record' && !known?.isOn) begin(meant, known?.prompts ?? [], hasTools);
    if (verb === 'capture') begin(meant, [...whole], hasTools);
  };
  for (const one of said) {
    for (const command of one.commands) obey(command);
    if (one.commands.length > 0) continue;
    whole.push(one);
    for (const { isOn, prompts } of recordings.values()) if (isOn) prompts.push(one);
  }
  return recordings;
}

function isBare({ verb, arguments: wanted }: Command): boolean {
  return verb === 'record' && destOf(wanted) === undefined;
}

/** The path in the arguments of a command, however it is wrapped. */
function destOf(wanted: string): string | undefined {
  return /[~\w/.-]*\brec-\d+\.(?:md|jsonl)/.exec(wanted)?.[0];
}

/** How often a text stands in Markdown, as a paragraph or several. */
export function countParagraphs(body: string, text: string): number {
  let count = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) {
    const end = at + text.length;
    const isAlone = (at === 0 || body[at - 1] === '\n') && (end === body.length || body[end] === '\n');
    if (isAlone) count += 1;
  }
  return count;
}

/** How often a text was said by a user in JSON lines. */
export function countEvents(body: string, text: string): number {
  const lines = body.split('\n').filter((line) => line.includes('"user.message"'));
  return lines.filter((line) => {
    const { kind, origin, revises, payload } = JSON.parse(line);
    return kind === 'user.message' && origin === 'typed' && revises === undefined && payload.text === text;
  }).length;
}
