/**
 * What a program notes of a session beside its messages. A patch is a list of operations, each an event; the state is
 * their fold, as of any seq. So two programs that change different things do not undo each other.
 */
import { KatoError } from '../core/errors.ts';
import type { KatoEvent } from '../core/event.ts';
import type { Entry, EntryEvent } from './entry.ts';

/** One change. An empty mode or worktree is none. */
export interface Operation {
  readonly kind: 'title' | 'mode' | 'worktree' | 'tag' | 'untag';
  readonly value: string;
}

export interface SessionState {
  /** As it was given: a session whose title is only its first words has none here. */
  readonly title?: string;
  readonly mode?: string;
  readonly worktree?: string;
  /** In the order in which they came. */
  readonly tags: readonly string[];
}

export const initialState: SessionState = { tags: [] };

/** The entry of a patch. */
export function patchEntry(id: string, at: string | undefined, operations: readonly Operation[]): Entry {
  return { class: 'patch', id, type: 'patch', at, events: operations.map(operationEvent) };
}

const MAY_BE_EMPTY: Readonly<Record<Operation['kind'], boolean>> = {
  title: false,
  mode: true,
  worktree: true,
  tag: false,
  untag: false,
};

function operationEvent({ kind, value }: Operation, index: number): EntryEvent {
  if (!Object.hasOwn(MAY_BE_EMPTY, kind) || (value === '' && !MAY_BE_EMPTY[kind])) {
    throw new KatoError('usage', `cannot patch a session: ${JSON.stringify(kind)} is no operation, or has no value`);
  }
  const part = `${kind}:${index}`;
  if (kind !== 'title')
    return { part, origin: 'agent', body: { kind: 'provider.info', payload: { text: value, subtype: kind } } };
  return { part, origin: 'agent', body: { kind: 'session.info', payload: { title: value, titleFrom: 'user' } } };
}

/** The state after one more event. */
export function foldState(state: SessionState, event: KatoEvent): SessionState {
  if (event.kind === 'session.info') {
    const { title } = event.payload;
    return title === undefined ? state : { ...state, title };
  }
  if (event.kind !== 'provider.info') return state;
  const { subtype, text } = event.payload;
  switch (subtype) {
    case 'tag':
      return state.tags.includes(text) ? state : { ...state, tags: [...state.tags, text] };
    case 'untag':
      return { ...state, tags: state.tags.filter((tag) => tag !== text) };
    case 'mode':
    case 'worktree': {
      const { [subtype]: _, ...rest } = state;
      return text === '' ? rest : { ...rest, [subtype]: text };
    }
    default:
      return state;
  }
}
