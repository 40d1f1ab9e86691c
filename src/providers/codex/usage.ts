/**
 * Tokens of one call of the model.
 *
 * `token_usage_record` (0.169) and, after it, `token_count` (all versions) carry the same numbers; a `token_count` is also
 * written again when only the rate limits have changed, or with an estimate after a compaction. The thread's running
 * totals tell: as long as they stand still, no call has been made. Codex counts cached tokens as input too; here each
 * class is counted once.
 */
import type { Payload } from '../../core/event.ts';
import { field, isRecord, numberAt, textAt } from '../../core/json.ts';
import { textHash } from '../shared/text.ts';
import { agentDraft, type Line, raw, type Told, told } from './line.ts';
import { wholeNumber } from './output.ts';
import type { CodexState } from './state.ts';

/** `token_usage_record`: known by the response that it belongs to. */
export function decodeUsageRecord(state: CodexState, line: Line): Told {
  const response = textAt(line.payload, 'response_id');
  const owner = { ...line, record: response === undefined ? undefined : `usage:${response}` };
  return count(state, owner, field(line.payload, 'usage'), field(line.payload, 'thread_token_usage'));
}

/** `token_count`; without `info` it speaks of rate limits alone. */
export function decodeTokenCount(state: CodexState, line: Line): Told {
  const info = field(line.payload, 'info');
  return count(state, line, field(info, 'last_token_usage'), field(info, 'total_token_usage'));
}

function count(state: CodexState, line: Line, usage: unknown, totals: unknown): Told {
  if (!isRecord(usage)) return raw(state, line);
  const hash = isRecord(totals) ? textHash(JSON.stringify(usagePayload(totals))) : null;
  if (hash !== null && hash === state.totals) return raw(state, line);
  return told({ ...state, totals: hash ?? state.totals }, agentDraft(line, 'usage', 'usage', usagePayload(usage)));
}

function usagePayload(usage: unknown): Payload<'usage'> {
  const read = (key: string) => wholeNumber(numberAt(usage, key));
  const input = read('input_tokens');
  const cacheRead = read('cached_input_tokens');
  const cacheWrite = read('cache_write_input_tokens');
  const cached = (cacheRead ?? 0) + (cacheWrite ?? 0);
  return {
    input: input !== undefined && input >= cached ? input - cached : input,
    output: read('output_tokens'),
    cacheRead,
    cacheWrite,
    reasoning: read('reasoning_output_tokens'),
    total: read('total_tokens'),
  };
}
