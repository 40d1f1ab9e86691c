/** `response_item`: what the model saw and said. */
import { textAt } from '../../core/json.ts';
import { decodeAgentMail } from './agents.ts';
import { decodeAnswerItem, decodeReasoningItem } from './assistant.ts';
import { decodeImageGeneration } from './calls.ts';
import { decodeInstructions } from './instructions.ts';
import { type Line, raw, type Told, unknown } from './line.ts';
import { decodeFolder } from './meta.ts';
import type { CodexState } from './state.ts';
import { decodeCall, decodeOutput, decodeSearch } from './tool-items.ts';
import { decodeUserItem } from './user.ts';

export function decodeResponseItem(state: CodexState, line: Line): Told {
  switch (line.subtype) {
    case 'message':
      return decodeMessage(state, line);
    case 'reasoning':
      return decodeReasoningItem(state, line);
    case 'function_call':
    case 'custom_tool_call':
    case 'local_shell_call':
    case 'tool_search_call':
      return decodeCall(state, line);
    case 'function_call_output':
    case 'custom_tool_call_output':
    case 'tool_search_output':
      return decodeOutput(state, line);
    case 'web_search_call':
      return decodeSearch(state, line, line.payload, 'item');
    case 'image_generation_call':
      return decodeImageGeneration(state, line, line.payload);
    case 'agent_message':
      return decodeAgentMail(state, line);
    case 'additional_tools':
    case 'compaction':
    case 'compaction_summary':
    case 'context_compaction':
    case 'compaction_trigger':
    case 'configuration_update':
    case 'ghost_snapshot':
    case 'other':
      return raw(state, line);
    default:
      return unknown(state, line);
  }
}

function decodeMessage(state: CodexState, line: Line): Told {
  switch (textAt(line.payload, 'role')) {
    case 'assistant':
      return decodeAnswerItem(state, line);
    case 'user': {
      const spoken = decodeUserItem(state, line);
      const context = spoken.drafts.find(
        ({ kind, payload }) =>
          kind === 'system.message' && /environment_context$/.test(textAt(payload, 'subtype') ?? ''),
      );
      const folder = decodeFolder(spoken.state, line, textAt(context?.payload, 'text') ?? '');
      return { ...spoken, drafts: [...folder.drafts, ...spoken.drafts], state: folder.state };
    }
    case 'developer':
    case 'system':
      return decodeInstructions(state, line);
    default:
      return unknown(state, line);
  }
}
