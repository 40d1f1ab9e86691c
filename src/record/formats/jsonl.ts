/** JSON lines: one canonical event a line, keys in their stored order. Without a preset, every event. */
import type { KatoEvent } from '../../core/event.ts';
import type { Format, FormatOptions } from './format.ts';

export const jsonlFormat: Format<null> = {
  id: 'jsonl',
  suffixes: ['.jsonl'],
  initial: null,
  shows: showsEvent,
  needs: () => [],
  fold: (state, { event }, options) => ({
    text: showsEvent(event, options) ? `${JSON.stringify(event)}\n` : '',
    state,
  }),
  owed: () => [],
  finish: () => '',
  head: () => '',
  headLists: () => ({}),
  resume: (state) => state,
  rejoin: (outer) => outer,
  note: (state) => ({ text: '', state }), // A note is no event; the lines hold nothing else.
};

/** Whether the options ask for events of this kind: the same answer for every format. */
export function showsEvent(event: KatoEvent, options: FormatOptions): boolean {
  if (event.origin === 'replayed' && !options.replayed) return false;
  switch (event.kind) {
    case 'user.message':
      return options.user && (options.system || isWords(event));
    case 'user.decision.response':
    case 'assistant.decision.prompt':
      return options.decisions;
    case 'assistant.message':
      return options.assistant;
    case 'assistant.thinking':
      return options.thinking;
    case 'assistant.tool.call':
    case 'assistant.tool.result':
      return options.tools;
    case 'system.message':
    case 'provider.info':
      return options.system;
    case 'session.info':
      return options.bookkeeping || (options.assistant && event.payload.subagent !== undefined);
    case 'provider.raw':
      return options.bookkeeping || event.payload.rawType === 'oversize';
    case 'usage':
    case 'user.kato-command':
      return options.bookkeeping;
  }
}

/** Words of someone who steers the conversation: a person, a script, or the parent of a sub-agent. */
function isWords({ origin }: KatoEvent): boolean {
  return origin !== 'injected' && origin !== 'summary';
}
