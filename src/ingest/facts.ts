/** What a session's drafts say about it as a whole: the facts that lists and headings need. */
import { hash } from 'node:crypto';
import { withoutCommandLines } from '../core/command-line.ts';
import { mergeFacts, type SessionFacts, titleLine } from '../core/session.ts';
import type { Draft } from '../providers/provider.ts';

/** The facts of one session over a run of its drafts. */
export class FactsFolder {
  #facts: SessionFacts = {};
  #firstAt: string | undefined;
  #lastAt: string | undefined;
  readonly #models: string[] = [];

  add(draft: Draft): void {
    const { at } = draft;
    if (at !== undefined) {
      if (this.#firstAt === undefined || at < this.#firstAt) this.#firstAt = at;
      if (this.#lastAt === undefined || at > this.#lastAt) this.#lastAt = at;
    }
    if (this.#facts.head === undefined && draft.record !== undefined && draft.kind !== 'session.info') {
      this.#merge({ head: headOf(draft) });
    }
    switch (draft.kind) {
      case 'user.message':
        this.#addPrompt(draft);
        break;
      case 'assistant.message':
      case 'assistant.tool.call':
        this.#addAnswer(draft);
        break;
      case 'session.info':
        this.#addInfo(draft);
        break;
      default: // Other kinds say nothing about the session as a whole.
    }
  }

  take(): SessionFacts {
    return mergeFacts(this.#facts, {
      ...(this.#firstAt !== undefined && { firstAt: this.#firstAt }),
      ...(this.#lastAt !== undefined && { lastAt: this.#lastAt }),
      ...(this.#models.length > 0 && { models: this.#models }),
    });
  }

  #merge(facts: SessionFacts): void {
    this.#facts = mergeFacts(this.#facts, facts);
  }

  #addPrompt(draft: Draft<'user.message'>): void {
    const isPrompt = draft.origin === 'typed' || draft.origin === 'automated' || draft.origin === 'subagent';
    const text =
      isPrompt && this.#facts.title === undefined ? titleLine(withoutCommandLines(draft.payload.text)) : undefined;
    if (isPrompt && !this.#facts.spoken) this.#merge({ spoken: true });
    if (text !== undefined) this.#merge({ title: { text, from: 'prompt' } });
  }

  #addAnswer({ kind, model, origin }: Draft): void {
    if (model !== undefined && origin === 'agent' && !this.#models.includes(model)) this.#models.push(model);
    if (kind === 'assistant.message' && !this.#facts.spoken) this.#merge({ spoken: true });
  }

  #addInfo({ payload }: Draft<'session.info'>): void {
    const title = payload.title === undefined ? undefined : titleLine(payload.title);
    this.#merge({
      ...(title !== undefined && { title: { text: title, from: payload.titleFrom ?? 'agent' } }),
      ...(payload.cwd !== undefined && { cwd: payload.cwd }),
      ...(payload.gitBranch !== undefined && { gitBranch: payload.gitBranch }),
      ...(payload.agentVersion !== undefined && { agentVersion: payload.agentVersion }),
      ...(payload.parent !== undefined && { parent: payload.parent }),
      ...(payload.background === true && { background: true }),
    });
  }
}

/** What copies of a session have in common: the id and the content of the first record. Short ids alone prove nothing. */
function headOf({ record, kind, payload }: Draft): string {
  return hash('sha256', `${record}\0${kind}\0${JSON.stringify(payload)}`, 'hex').slice(0, 16);
}
