/** Codex in its terminal: which thread is open, and what begins another one. */
import type { Move, Turn } from '../story.ts';
import type { Desk, Writer } from '../writer.ts';
import { LegacyThread } from './legacy.ts';
import { PaginatedThread } from './paginated.ts';

/** What the two generations have in common. */
interface Thread {
  readonly id: string;
  readonly hasBegun: boolean;
  turn(turn: Turn): void;
  rewind(turns: number): void;
  compact(summary: string): void;
  shell(command: string, output: string): void;
}

export class CodexWriter<T extends Thread> implements Writer {
  readonly #desk: Desk;
  readonly #fork: (parent: T) => T;
  #thread: T;

  constructor(desk: Desk, open: () => T, fork: (parent: T) => T) {
    this.#desk = desk;
    this.#fork = fork;
    this.#thread = open();
    desk.log.begins({ nativeId: this.#thread.id, cwd: desk.cwd });
  }

  play(move: Move): void {
    switch (move.kind) {
      case 'turn':
        this.#thread.turn(move);
        return;
      case 'rewind':
        this.#thread.rewind(move.turns);
        return;
      case 'compact':
        this.#thread.compact(move.summary);
        return;
      case 'fork':
        this.#desk.log.pause(1000);
        if (this.#thread.hasBegun) this.#thread = this.#fork(this.#thread);
        return;
      case 'shell':
        this.#thread.shell(move.command, move.output);
        return;
      case 'resume': // The same file goes on.
        return;
      case 'silence':
        this.#desk.log.pause(move.ms);
        return;
    }
  }

  end(): void {
    // Codex writes nothing when it ends.
  }
}

export function paginatedWriter(desk: Desk): Writer {
  return new CodexWriter(
    desk,
    () => new PaginatedThread(desk),
    (parent) => {
      const { ordinal, bytes } = parent.end();
      const history_base = { thread_id: parent.id, end_ordinal_exclusive: ordinal, end_byte_offset: bytes };
      const meta = { forked_from_id: parent.id, forked_from_ordinal_exclusive: ordinal, history_base };
      const fork = new PaginatedThread(desk, { meta, firstOrdinal: ordinal });
      desk.log.begins({
        nativeId: fork.id,
        cwd: desk.cwd,
        parent: { nativeId: parent.id, relation: 'fork', isTold: true },
      });
      return fork;
    },
  );
}

export function legacyWriter(desk: Desk): Writer {
  return new CodexWriter(
    desk,
    () => new LegacyThread(desk),
    (parent) => new LegacyThread(desk, parent),
  );
}
