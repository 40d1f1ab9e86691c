/**
 * Where the agent begins to write its whole history again.
 *
 * It does so when it has changed history behind the back of the file: after a person declined a tool, when it hid old output,
 * or loaded a saved chat. All that follows the first copy are copies, up to the list of messages, or anything else that is
 * none. Which message is the first copy must be known when it is read.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import { isStandIn } from './assistant.ts';
import { hashMessage, partsOf, wordsOf } from './content.ts';
import { traceCopy } from './live.ts';
import type { GeminiState } from './state.ts';
import { isSessionContext } from './wrappers.ts';

/** The copying that goes on with this new message, or begins with it. */
export function copyingAt(state: GeminiState, message: Record<string, unknown>): GeminiState['copying'] {
  if (state.copying !== null || !state.hasContext || !isFirstCopy(state, message)) return state.copying;
  return { originals: state.live.length, skip: state.forgotten, after: '' };
}

/**
 * History begins with the session's context, and no person ever types that: a new message that begins with it, in a session
 * that has its context already, is a copy. A rewind takes the context off the list, though. From then on history begins with
 * what the list begins with: mostly the first prompt, which a person is not likely to send again in the same words.
 */
function isFirstCopy(state: GeminiState, message: Record<string, unknown>): boolean {
  return hasContext(message) || isNamelessAnswer(message) || beginsList(state, message);
}

export function hasContext(message: Record<string, unknown>): boolean {
  const [first] = partsOf(field(message, 'content'));
  return textAt(message, 'type') === 'user' && first?.kind === 'text' && isSessionContext(first.text);
}

/** A new answer in words has its model, and its words are a string; only the copy of one has lost the model. */
function isNamelessAnswer(message: Record<string, unknown>): boolean {
  if (stringAt(message, 'type') !== 'gemini' || textAt(message, 'model') !== undefined) return false;
  const content = field(message, 'content');
  return Array.isArray(content) && wordsOf(partsOf(content)).trim() !== '' && !isStandIn(message);
}

/** Whether this says what the first message of the list says, or the first ones, joined. */
function beginsList({ first, live, forgotten }: GeminiState, message: Record<string, unknown>): boolean {
  if (wordsOf(partsOf(field(message, 'content'))).trim() === '') return false;
  if (hashMessage(message) === first) return true;
  if (forgotten > 0) return false;
  const pieces = traceCopy(live, message, '');
  const [begin] = pieces;
  return pieces.length > 1 && begin?.of?.hash === first && pieces.every(({ of }) => of !== undefined);
}
