/** Claude Code 2.1.329 in its terminal: which session is open, and what moves it from one file to the next. */
import type { Move } from '../story.ts';
import type { Desk, Writer } from '../writer.ts';
import type { ChainRecord } from './records.ts';
import { ClaudeSession } from './session.ts';

export class ClaudeWriter implements Writer {
  readonly #desk: Desk;
  #session: ClaudeSession;
  /** Written with the next prompt: a process says that it has opened the session, a fork copies. */
  #before: (() => readonly object[]) | undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#session = new ClaudeSession(desk, desk.random.uuid());
    desk.log.begins({ nativeId: this.#session.id, cwd: desk.cwd });
    this.#before = () => this.#session.bookkeeping();
  }

  play(move: Move): void {
    switch (move.kind) {
      case 'turn': {
        const before = this.#before?.() ?? [];
        this.#before = undefined;
        this.#session.turn(move, before);
        return;
      }
      case 'rewind':
        this.#session.rewind(move.turns);
        return;
      case 'compact':
        this.#compact(move.summary);
        return;
      case 'fork':
        this.#fork(move.isMarked);
        return;
      case 'resume':
        this.end();
        this.#before ??= () => this.#session.bookkeeping();
        return;
      case 'shell':
        this.#shell(move.command, move.output);
        return;
      case 'silence':
        this.#desk.log.pause(move.ms);
        return;
    }
  }

  end(): void {
    if (this.#before) return; // Nothing was written since the session was opened.
    const state = { totalCostUSD: 0.01, totalAPIDuration: 5, modelUsage: {}, hasUnknownModelCost: false };
    this.#session.write({ type: 'cost-state', sessionId: this.#session.id, ...state });
  }

  /** `/compact`: the boundary and the summary, then the command that asked for it. */
  #compact(summary: string): void {
    const session = this.#session;
    if (session.alive.length === 0 || this.#before) return;
    const { chain } = session;
    const { log, random } = this.#desk;
    const tail = chain.tip;
    chain.slug = 'quiet-seeded-pear';
    const text = `This session is being continued from a previous conversation that ran out of context.\n\n${summary}`;
    log.spoofs('summary', session.id, text);
    const promptId = random.uuid();
    const compactMetadata = { trigger: 'manual', preTokens: 2751, postTokens: 256, durationMs: 89 };
    const boundary = { logicalParentUuid: tail, subtype: 'compact_boundary', content: 'Conversation compacted' };
    const command =
      '<command-name>/compact</command-name>\n            <command-message>compact</command-message>\n            <command-args></command-args>';
    session.write(
      chain.record('system', { ...boundary, isMeta: false, level: 'info', compactMetadata }, null),
      chain.user(text, { promptId, isVisibleInTranscriptOnly: true, isCompactSummary: true }),
      chain.user('<local-command-caveat>Run directly.</local-command-caveat>', { promptId, isMeta: true }),
      chain.user(command, { promptId }),
      chain.user('<local-command-stdout>Compacted</local-command-stdout>', { promptId }),
    );
    session.settle();
  }

  /** `/branch` marks every copy at once; `--fork-session` copies with the first prompt and marks only what the model said. */
  #fork(isMarked: boolean): void {
    const origin = this.#session;
    if (origin.alive.length === 0) return;
    this.end();
    const { log, random, cwd } = this.#desk;
    const session = new ClaudeSession(this.#desk, random.uuid());
    this.#session = session;
    session.chain.tip = origin.chain.tip;
    session.chain.slug = origin.chain.slug;
    const begin = () => {
      log.begins({ nativeId: session.id, cwd, parent: { nativeId: origin.id, relation: 'fork', isTold: isMarked } });
      const copies = origin.alive.map((record) => copyOf(record, { to: session.id, from: origin.id, isMarked }));
      for (const record of copies) this.#spoofsOf(record, session.id);
      return copies;
    };
    this.#before = isMarked ? undefined : () => [...session.bookkeeping(), ...begin()];
    if (!isMarked) return;
    const title = 'A branch (Branch)';
    const command = (content: string) =>
      session.chain.record('system', { subtype: 'local_command', content, level: 'info' });
    session.write(
      ...begin(),
      { type: 'custom-title', customTitle: title, sessionId: session.id },
      { type: 'agent-name', agentName: title, sessionId: session.id },
      command('<command-name>/branch</command-name>\n            <command-message>branch</command-message>'),
      command('<local-command-stdout>Branched session.</local-command-stdout>'),
    );
  }

  #spoofsOf(record: ChainRecord, session: string): void {
    const content = (record.message as { content?: unknown } | undefined)?.content;
    if (typeof content === 'string') this.#desk.log.spoofs('replayed', session, content);
  }

  #shell(command: string, output: string): void {
    if (this.#before) return;
    const { chain, id } = this.#session;
    const promptId = this.#desk.random.uuid();
    this.#desk.log.spoofs('shell-output', id, output);
    this.#session.write(
      chain.user(`<bash-input>${command}</bash-input>`, { promptId }),
      chain.user(`<bash-stdout>${output}</bash-stdout><bash-stderr></bash-stderr>`, { promptId, turnOrigin: 'human' }),
    );
  }
}

interface Copying {
  readonly to: string;
  readonly from: string;
  readonly isMarked: boolean;
}

function copyOf(record: ChainRecord, { to, from, isMarked }: Copying): ChainRecord {
  return {
    ...record,
    sessionId: to,
    ...(isMarked && { forkedFrom: { sessionId: from, messageUuid: record.uuid } }),
    ...(record.type === 'assistant' && { requestSessionId: from }),
  };
}
