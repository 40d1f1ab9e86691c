/**
 * Sessions of one agent with as many meant commands as one likes among any number that only look so: the steps of the
 * agent's files, and what must come of them. Everything comes from a seed.
 */
import { Random } from '../bench/random.ts';
import { sentence } from '../bench/words.ts';
import type { Format, Step } from '../fake-agent/script.ts';
import { StepLog } from '../fake-agent/step-log.ts';
import { openClaude, openUnmarkedClaude } from './claude.ts';
import { openCodex, openLegacyCodex } from './codex.ts';
import { openGemini, openGeminiDocument } from './gemini.ts';
import { openGencode, openRewrittenGencode } from './gencode.ts';
import { type Folders, type Meant, meantMessages, spoofLines, UNMEANT } from './lines.ts';
import type { OpenPage, Page } from './page.ts';

/** A way of writing sessions: an agent in a version. */
export const pages = {
  'claude-code': { open: openClaude, format: 'claude-code' },
  'claude-code without marks': { open: openUnmarkedClaude, format: 'claude-code' },
  codex: { open: openCodex, format: 'codex' },
  'codex in two streams': { open: openLegacyCodex, format: 'codex-legacy' },
  'gemini-cli': { open: openGemini, format: 'gemini-cli' },
  'gemini-cli in documents': { open: openGeminiDocument, format: 'gemini-cli-document' },
  gencode: { open: openGencode, format: 'gencode' },
  'gencode in files that are written anew': { open: openRewrittenGencode, format: 'gencode-rewritten' },
} as const satisfies Record<string, { readonly open: OpenPage; readonly format: Format }>;

export type PageName = keyof typeof pages;

export interface SpoofScript {
  readonly steps: readonly Step[];
  /** How many steps open the sessions. What an agent never dates counts only from a look that kato has taken before. */
  readonly opening: number;
  readonly meant: readonly Meant[];
  /** Each with where it stands; what a person typed and did not mean is one, too. */
  readonly spoofs: readonly { readonly line: string; readonly carrier: string }[];
}

interface Options {
  readonly page: PageName;
  readonly seed: number;
  readonly folders: Folders;
  readonly start: Date;
  /** At least so many commands of each kind; each carrier of each session is used at least once. */
  readonly meant: number;
  readonly spoofed: number;
}

/** Sessions side by side: what one of them is told must not reach the others. */
export const SESSIONS = 3;

export function writeSpoofScript({ page: name, seed, folders, start, meant: count, spoofed }: Options): SpoofScript {
  const random = new Random(seed);
  const log = new StepLog(random, start);
  const desk = { log, random, cwd: `${folders.home}/${folders.work}` };
  const sessions = Array.from({ length: SESSIONS }, () => pages[name].open(desk));
  const opening = log.steps.length;
  const meant = meantMessages(random, folders, count);
  const spoofs: { line: string; carrier: string }[] = [];
  const lines = spoofLines(random, folders);
  const deeds = shuffled(random, [
    ...meant.map((message, index) => () => sayMeant(sessions[index % SESSIONS], index, message)),
    ...spoofsIn(sessions, spoofed).map(([carrier, way], index) => () => {
      const { value: line = '' } = lines.next();
      spoofs.push({ line, carrier });
      way(FRAMES[index % FRAMES.length]?.(line, random) ?? line);
    }),
  ]);
  for (const deed of deeds) deed();
  return { steps: log.steps, opening, meant, spoofs };
}

function sayMeant(page: Page | undefined, index: number, { text }: Meant): void {
  const ways = Object.values(page?.ways ?? {});
  ways[index % ways.length]?.(text);
}

type Spoofing = readonly [carrier: string, way: (framed: string) => void];

/** Every carrier of every session in turn, and what is typed and not meant, until there are so many. */
function spoofsIn(sessions: readonly Page[], count: number): readonly Spoofing[] {
  const round = sessions.flatMap(({ carriers, ways }): Spoofing[] => {
    const typed = Object.values(ways);
    const unmeant = Object.entries(UNMEANT).map(([name, dress], index): Spoofing => {
      const type = typed[index % typed.length];
      return [`typed ${name}`, (framed) => type?.(framed.replace(COMMAND, (_, line: string) => dress(line)))];
    });
    return [...Object.entries(carriers), ...unmeant];
  });
  return Array.from({ length: Math.max(count, round.length) }, (_, index) => round[index % round.length] as Spoofing);
}

const COMMAND = /^ {0,3}(::.*)$/m;

/** What stands around a line. */
const FRAMES: readonly ((line: string, random: Random) => string)[] = [
  (line) => line,
  (line, random) => `${sentence(random, 5)}\n${line}`,
  (line, random) => `${sentence(random, 5)}\n\n  ${line}\n\n${sentence(random, 5)}`,
  (line, random) => `${line}\n${sentence(random, 5)}`,
];

function shuffled<T>(random: Random, list: readonly T[]): readonly T[] {
  const all = [...list];
  for (let last = all.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [all[last], all[other]] = [all[other] as T, all[last] as T];
  }
  return all;
}
