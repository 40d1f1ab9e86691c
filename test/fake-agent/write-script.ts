/** From a seed to a script. */
import { Random } from '../bench/random.ts';
import { ClaudeWriter } from './claude/writer.ts';
import { legacyWriter, paginatedWriter } from './codex/writer.ts';
import { GeminiDocumentWriter } from './gemini/document.ts';
import { GeminiWriter } from './gemini/lines.ts';
import { appendingWriter, rewritingWriter } from './gencode/writer.ts';
import { type Habit, withHabits } from './habits.ts';
import type { Format, Script } from './script.ts';
import { StepLog } from './step-log.ts';
import { type StoryOptions, tellStory } from './story.ts';
import type { Desk, Writer } from './writer.ts';

export interface ScriptOptions extends Partial<StoryOptions> {
  readonly format: Format;
  readonly seed: number;
  /** The agent's clock at the first write. Commands count only if it is later than kato's own beginning. */
  readonly start?: Date;
  /** The person's working folder. */
  readonly cwd?: string;
  /** What befalls the files beside plain writing. */
  readonly habits?: readonly Habit[];
}

const WRITERS: Readonly<Record<Format, (desk: Desk) => Writer>> = {
  'claude-code': (desk) => new ClaudeWriter(desk),
  codex: paginatedWriter,
  'codex-legacy': legacyWriter,
  'gemini-cli': (desk) => new GeminiWriter(desk),
  'gemini-cli-document': (desk) => new GeminiDocumentWriter(desk),
  gencode: appendingWriter,
  'gencode-rewritten': rewritingWriter,
};

/** The same options give the same script. */
export function writeScript(options: ScriptOptions): Script {
  const { format, seed, start = new Date('2026-11-21T09:00:00.000Z'), cwd = '/home/ann/pear-shop' } = options;
  const { turns = 8, notes = 'notes', habits = [] } = options;
  const random = new Random(seed);
  const log = new StepLog(random, start);
  const writer = WRITERS[format]({ log, random, cwd });
  for (const move of tellStory(random, { turns, notes })) {
    log.pause(random.below(20_000));
    writer.play(move);
  }
  writer.end();
  return { format, steps: withHabits(log.steps, { format, habits, random }) };
}
