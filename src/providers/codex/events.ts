/** `event_msg`: what the interface showed, and what happened around the conversation. */
import { decodeActivity, decodeSpawnEnd } from './agents.ts';
import { decodeAnswerEvent, decodeThoughtEvent } from './assistant.ts';
import { decodeBareCall, decodeImageGeneration } from './calls.ts';
import { decodeCommandEnd, decodeDynamicEnd, decodeMcpEnd, decodePatchEnd, dynamicCall, viewCall } from './endings.ts';
import { decodeItem } from './items.ts';
import { type Line, raw, type Told, unknown } from './line.ts';
import { decodeThreadName } from './meta.ts';
import type { CodexState } from './state.ts';
import { decodeSearch } from './tool-items.ts';
import {
  decodeNotice,
  decodeReviewEnd,
  decodeReviewStart,
  decodeRollback,
  decodeTurnAbort,
  decodeTurnEnd,
  decodeTurnStart,
} from './turns.ts';
import { decodeTokenCount } from './usage.ts';
import { decodeUserEvent } from './user.ts';

type DecodeEvent = (state: CodexState, line: Line) => Told;

const EVENTS: Readonly<Record<string, DecodeEvent>> = {
  user_message: decodeUserEvent,
  agent_message: decodeAnswerEvent,
  agent_reasoning: (state, line) => decodeThoughtEvent(state, line, 'thinking:0'),
  agent_reasoning_raw_content: (state, line) => decodeThoughtEvent(state, line, 'raw-thinking:0'),
  item_completed: decodeItem,
  token_count: decodeTokenCount,
  task_started: decodeTurnStart,
  turn_started: decodeTurnStart,
  task_complete: decodeTurnEnd,
  turn_complete: decodeTurnEnd,
  turn_aborted: decodeTurnAbort,
  thread_rolled_back: decodeRollback,
  thread_name_updated: decodeThreadName,
  entered_review_mode: (state, line) => decodeReviewStart(state, line, line.payload),
  exited_review_mode: (state, line) => decodeReviewEnd(state, line, line.payload),
  error: (state, line) => decodeNotice(state, line, 'error'),
  stream_error: (state, line) => decodeNotice(state, line, 'warning'),
  warning: (state, line) => decodeNotice(state, line, 'warning'),
  undo_completed: (state, line) => decodeNotice(state, line, 'info'),
  exec_command_end: (state, line) => decodeCommandEnd(state, line, line.payload),
  patch_apply_end: (state, line) => decodePatchEnd(state, line, line.payload),
  mcp_tool_call_end: (state, line) => decodeMcpEnd(state, line, line.payload),
  web_search_end: (state, line) => decodeSearch(state, line, line.payload, 'event'),
  image_generation_end: (state, line) => decodeImageGeneration(state, line, line.payload),
  view_image_tool_call: (state, line) => decodeBareCall(state, line, viewCall(line, line.payload)),
  dynamic_tool_call_request: (state, line) => decodeBareCall(state, line, dynamicCall(line, line.payload)),
  dynamic_tool_call_response: (state, line) => decodeDynamicEnd(state, line, line.payload),
  collab_agent_spawn_end: decodeSpawnEnd,
  sub_agent_activity: (state, line) => decodeActivity(state, line, line.payload),
};

export function decodeEvent(state: CodexState, line: Line): Told {
  const decode = Object.hasOwn(EVENTS, line.subtype) ? EVENTS[line.subtype] : undefined;
  if (decode) return decode(state, line);
  return RAW_EVENTS.has(line.subtype) ? raw(state, line) : unknown(state, line);
}

/** Known, and kept raw: state of the interface, beginnings, and what other lines say as well. */
const RAW_EVENTS: ReadonlySet<string> = new Set([
  'context_compacted',
  'thread_goal_updated',
  'thread_settings_applied',
  'guardian_assessment',
  'guardian_warning',
  'collab_agent_interaction_end',
  'collab_waiting_end',
  'collab_close_end',
  'collab_resume_end',
  'collab_agent_spawn_begin',
  'collab_agent_interaction_begin',
  'collab_waiting_begin',
  'collab_close_begin',
  'collab_resume_begin',
  'exec_command_begin',
  'exec_command_output_delta',
  'terminal_interaction',
  'patch_apply_begin',
  'patch_apply_updated',
  'mcp_tool_call_begin',
  'web_search_begin',
  'image_generation_begin',
  'item_started',
  'hook_started',
  'hook_completed',
  'exec_approval_request',
  'apply_patch_approval_request',
  'elicitation_request',
  'request_permissions',
  'request_user_input',
  'plan_update',
  'turn_diff',
  'raw_response_item',
  'session_configured',
  'agent_reasoning_section_break',
  'background_event',
  'deprecation_notice',
  'mcp_startup_update',
  'mcp_startup_complete',
  'model_reroute',
  'model_verification',
  'undo_started',
  'shutdown_complete',
]);
