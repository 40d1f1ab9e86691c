/** `item_completed`: since 0.146 the interface's stream. Earlier versions write only `Plan` this way. */
import { field, numberAt, textAt } from '../../core/json.ts';
import { decodeActivity, decodeCollabCall } from './agents.ts';
import { decodeAgentMessage, decodePlan, decodeReasoning } from './assistant.ts';
import { callIdOf, decodeBareCall, decodeImageGeneration } from './calls.ts';
import { decodeCommandEnd, decodeDynamicEnd, decodeMcpEnd, decodePatchEnd, viewCall } from './endings.ts';
import { type Line, nameOf, raw, type Told, unknown } from './line.ts';
import type { CodexState } from './state.ts';
import { decodeSearch } from './tool-items.ts';
import { decodeReviewEnd, decodeReviewStart } from './turns.ts';
import { decodeUserMessage } from './user.ts';

export function decodeItem(state: CodexState, line: Line): Told {
  const item = field(line.payload, 'item');
  switch (textAt(item, 'type')) {
    case 'UserMessage':
      return decodeUserMessage(state, line, item);
    case 'AgentMessage':
      return decodeAgentMessage(state, line, item);
    case 'Reasoning':
      return decodeReasoning(state, line, item);
    case 'Plan':
      return decodePlan(state, line, item);
    case 'CommandExecution':
      return decodeCommandEnd(state, line, item);
    case 'FileChange':
      return decodePatchEnd(state, line, item);
    case 'McpToolCall':
      return decodeMcpEnd(state, line, item);
    case 'DynamicToolCall':
      return decodeDynamicEnd(state, line, item);
    case 'WebSearch':
      return decodeSearch(state, line, item, 'event');
    case 'ImageView':
      return decodeBareCall(state, line, viewCall(line, item));
    case 'ImageGeneration':
      return decodeImageGeneration(state, line, item);
    case 'Sleep':
      return decodeSleep(state, line, item);
    case 'CollabAgentToolCall':
      return decodeCollabCall(state, line, item);
    case 'SubAgentActivity':
      return decodeActivity(state, line, item);
    case 'EnteredReviewMode':
      return decodeReviewStart(state, line, item);
    case 'ExitedReviewMode':
      return decodeReviewEnd(state, line, item);
    case 'Extension':
      return decodeExtension(state, line, item);
    // What a hook said is told by the model's stream, what a compaction did by `compacted`.
    case 'HookPrompt':
    case 'ContextCompaction':
      return raw(state, line);
    default:
      return unknown(state, line);
  }
}

/** Tools that moved out of the core, in 0.146 and later: `web.search`, `image_gen.generation`, `clock.sleep`. */
function decodeExtension(state: CodexState, line: Line, item: unknown): Told {
  const kind = textAt(item, 'kind') ?? '';
  if (kind === 'clock.sleep') return decodeSleep(state, line, item);
  if (kind.startsWith('image_gen.')) return decodeImageGeneration(state, line, item);
  if (kind.startsWith('web.') || field(item, 'action') !== undefined) return decodeSearch(state, line, item, 'event');
  const about = `${nameOf(line)}:${kind}`;
  return { ...raw(state, line), diagnostics: [{ code: 'unknown-record', about }] };
}

function decodeSleep(state: CodexState, line: Line, item: unknown): Told {
  const input = { duration_ms: numberAt(item, 'duration_ms') ?? numberAt(item, 'durationMs') ?? null };
  return decodeBareCall(state, line, { id: callIdOf(line, item), name: 'sleep', input });
}
