/** A clock and a timer that move only when a test says so. */
import type { Clock } from '../../src/core/ports.ts';
import type { Timer } from '../../src/daemon/supervisor.ts';

export class FakeTime implements Clock, Timer {
  #ms = 0;
  #due: { at: number; action: () => void }[] = [];

  now(): string {
    return new Date(this.#ms).toISOString();
  }

  monotonicMs(): number {
    return this.#ms;
  }

  after(ms: number, action: () => void): () => void {
    const entry = { at: this.#ms + ms, action };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((one) => one !== entry);
    };
  }

  /** When the next action is due, in milliseconds from now. */
  get nextMs(): number | undefined {
    const times = this.#due.map(({ at }) => at - this.#ms);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Moves on, does what is due on the way, and lets everything settle. */
  async pass(ms: number): Promise<void> {
    await settle();
    const end = this.#ms + ms;
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#ms = next.at;
      this.#due = this.#due.filter((one) => one !== next);
      next.action();
      await settle();
    }
    this.#ms = end;
  }
}

/** Everything that only waits for promises has happened. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
