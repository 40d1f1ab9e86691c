/** Progress of long work: one line on a terminal that is drawn over, nothing on a pipe. */
import { type CliContext, columnsOf } from './context.ts';
import { bytes, duration } from './words.ts';

const SHOWN_AFTER_MS = 300;
const DRAWN_EVERY_MS = 100;

export class Progress {
  readonly #context: CliContext;
  readonly #isShown: boolean;
  readonly #started = performance.now();
  #drawn = 0;

  constructor(context: CliContext) {
    const { quiet, json } = context.options;
    this.#context = context;
    this.#isShown = context.services.streams.stderr.isTTY === true && !quiet && !json;
  }

  /** Bytes done of all, with the rate and the time left. */
  update(doneBytes: number, totalBytes: number, words: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#started < SHOWN_AFTER_MS || now - this.#drawn < DRAWN_EVERY_MS) return;
    this.#drawn = now;
    const rate = doneBytes / ((now - this.#started) / 1000);
    const left = rate > 0 ? `, ${duration((totalBytes - doneBytes) / rate)} left` : '';
    this.#draw(`${bytes(doneBytes)} of ${bytes(totalBytes)}, ${bytes(rate)}/s${left}, ${words}`);
  }

  /** Steps done of all. */
  step(done: number, total: number, words: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#started < SHOWN_AFTER_MS || now - this.#drawn < DRAWN_EVERY_MS) return;
    this.#drawn = now;
    this.#draw(`${done} of ${total} ${words}`);
  }

  end(): void {
    if (this.#drawn > 0) this.#context.services.streams.stderr.write('\r\u001b[K');
  }

  #draw(line: string): void {
    const { stderr } = this.#context.services.streams;
    stderr.write(`\r\u001b[K${line.slice(0, columnsOf(stderr) - 1)}`);
  }
}
