/** What makes a story into steps, in one format. */
import type { Random } from '../bench/random.ts';
import type { StepLog } from './step-log.ts';
import type { Move } from './story.ts';

export interface Writer {
  play(move: Move): void;
  /** The agent ends. */
  end(): void;
}

/** Where a writer writes, and for which folder. */
export interface Desk {
  readonly log: StepLog;
  readonly random: Random;
  /** The person's working folder. */
  readonly cwd: string;
}
