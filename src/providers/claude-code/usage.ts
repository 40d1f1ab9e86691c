/** Tokens of an API message. Each of its records repeats them, sometimes grown: they are one event, revised. */
import type { Payload } from '../../core/event.ts';
import { field, isRecord, numberAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { raiseOutput } from './growing.ts';
import type { ClaudeState } from './state.ts';

export function decodeUsage(
  state: ClaudeState,
  envelope: Envelope,
  model: string | undefined,
): { readonly drafts: readonly Draft[]; readonly state: ClaudeState } {
  const message = field(envelope.value, 'message');
  const usage = field(message, 'usage');
  if (!isRecord(usage)) return { drafts: [], state };
  const payload = payloadOf(usage, numberAt(envelope.value, 'costUSD'));
  const id = textAt(message, 'id');
  const raised =
    id === undefined || payload.output === undefined ? { isNews: true, state } : raiseOutput(state, id, payload.output);
  if (!raised.isNews) return { drafts: [], state };
  const record = id === undefined ? {} : { record: `usage:${id}:${textAt(envelope.value, 'requestId') ?? ''}` };
  return { drafts: [draftOf(envelope, 'usage', 'usage', payload, { model, ...record })], state: raised.state };
}

/** Thinking is part of the output; cached input is not part of the input. */
function payloadOf(usage: unknown, costUsd: number | undefined): Payload<'usage'> {
  const count = (...path: readonly string[]) => {
    const value = numberAt(usage, ...path);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  return {
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    cacheWrite: count('cache_creation_input_tokens'),
    reasoning: count('output_tokens_details', 'thinking_tokens'),
    ...(costUsd !== undefined && { costUsd }),
  };
}
