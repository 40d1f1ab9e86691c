/** Records of Claude Code 2.1.329 in a chain: each has a uuid and names the record before it. Seen in November 2026. */
import type { Desk } from '../writer.ts';

export const MODEL = 'claude-opus-5-5';

export type ChainRecord = Readonly<Record<string, unknown>> & { readonly uuid: string; readonly type: string };

export interface ChainOptions {
  readonly sessionId: string;
  /** A sub-agent's chain. */
  readonly agentId?: string;
  readonly parentUuid?: string | null;
}

/** Makes the records of one chain. */
export class Chain {
  readonly sessionId: string;
  readonly #desk: Desk;
  readonly #agentId: string | undefined;
  /** The newest record. */
  tip: string | null;
  /** Set by a compaction. */
  slug: string | undefined;

  constructor(desk: Desk, { sessionId, agentId, parentUuid = null }: ChainOptions) {
    this.#desk = desk;
    this.sessionId = sessionId;
    this.#agentId = agentId;
    this.tip = parentUuid;
  }

  record(type: string, fields: object, parentUuid: string | null = this.tip): ChainRecord {
    const { random, log, cwd } = this.#desk;
    const uuid = random.uuid();
    this.tip = uuid;
    return {
      parentUuid,
      isSidechain: this.#agentId !== undefined,
      ...(this.#agentId !== undefined && { agentId: this.#agentId }),
      ...fields,
      type,
      uuid,
      timestamp: log.tick(400),
      userType: 'external',
      entrypoint: 'cli',
      cwd,
      sessionId: this.sessionId,
      version: '2.1.329',
      gitBranch: 'main',
      ...(this.slug !== undefined && { slug: this.slug }),
    };
  }

  user(content: unknown, fields: object = {}, parentUuid: string | null = this.tip): ChainRecord {
    return this.record('user', { message: { role: 'user', content }, ...fields }, parentUuid);
  }

  /** What a hook or the harness shows the model; the record repeats it as the model gets it. */
  attachment(attachment: object, shown: string): ChainRecord {
    const rendered = [{ content: `<system-reminder>\n${shown}\n</system-reminder>` }];
    return this.record('attachment', { attachment, rendered, renderedRole: 'system' });
  }
}

/** An answer of the model: its blocks stand in records of their own, with the same message and usage. */
export class Answer {
  readonly #message: object;
  readonly #marks: object;
  readonly #chain: Chain;
  #blocks = 0;

  constructor({ random }: Desk, chain: Chain, stopReason: 'end_turn' | 'tool_use' | null) {
    this.#chain = chain;
    const usage = {
      input_tokens: random.below(9000),
      cache_creation_input_tokens: random.below(500),
      cache_read_input_tokens: random.below(90_000),
      output_tokens: 1 + random.below(900),
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
      service_tier: 'standard',
    };
    const head = { id: `msg_01${random.hex(22)}`, type: 'message', role: 'assistant', model: MODEL };
    this.#message = { ...head, stop_reason: stopReason, stop_sequence: null, usage, stop_details: null };
    const requestId = `req_${random.hex(20)}`;
    this.#marks = { requestId, requestRef: random.uuid(), requestedModel: MODEL, promptCacheRequested: '5m' };
  }

  block(content: object, fields: object = {}): ChainRecord {
    const message = { ...this.#message, content: [content] };
    const marks = {
      ...fields,
      apiBlockIndex: this.#blocks++,
      ...this.#marks,
      effort: 'medium',
      perTurnEffort: 'medium',
    };
    return this.#chain.record('assistant', { message, ...marks, madeBy: 'model', session_id: this.#chain.sessionId });
  }
}

/** A folder's path as the name of a project. */
export function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9-]/g, '-');
}
