/** Tools that ended, as the interface told it: events `…_end` before 0.146, items since. The shapes are the same. */
import { field, isRecord, listAt, numberAt, stringAt, textAt } from '../../core/json.ts';
import { type Call, callIdOf, decodeEnding } from './calls.ts';
import { type Line, raw, type Told } from './line.ts';
import { jsonText, type Output, readBlocks, wholeNumber } from './output.ts';
import { changedFiles } from './patch.ts';
import { decodeUserShell } from './shell.ts';
import type { CodexState } from './state.ts';
import { commandOf } from './tools.ts';

/** `exec_command_end`, `CommandExecution`. A `!` command has no call. */
export function decodeCommandEnd(state: CodexState, line: Line, source: unknown): Told {
  const cause = stringAt(source, 'source');
  if (cause === 'user_shell') return decodeUserShell(state, line, source);
  // What was typed into a running command: the call's output has what came of it.
  if (cause === 'unified_exec_interaction') return raw(state, line);
  const input = { command: commandOf(source), cwd: folderOf(source) };
  const call = { id: callIdOf(line, source), name: 'exec_command', input };
  const said = [stringAt(source, 'stdout'), stringAt(source, 'stderr')].filter((text) => text !== undefined).join('');
  const output = {
    text: stringAt(source, 'aggregated_output') ?? (said || (stringAt(source, 'formatted_output') ?? '')),
    exitCode: wholeNumber(numberAt(source, 'exit_code')),
    isError: isFailed(source),
    attached: [],
  };
  return decodeEnding(state, line, { call, output });
}

function isFailed(source: unknown): boolean {
  return ['failed', 'declined'].includes(textAt(source, 'status') ?? '');
}

/** Newer versions write folders as `file:` URLs. */
function folderOf(source: unknown): string | null {
  const cwd = textAt(source, 'cwd');
  if (cwd === undefined || !cwd.startsWith('file://')) return cwd ?? null;
  try {
    return decodeURIComponent(cwd.slice('file://'.length));
  } catch {
    return cwd; // Not an encoded path: as written.
  }
}

/** `patch_apply_end`, `FileChange`: what was changed. */
export function decodePatchEnd(state: CodexState, line: Line, source: unknown): Told {
  const call = {
    id: callIdOf(line, source),
    name: 'apply_patch',
    input: { changes: field(source, 'changes') ?? null },
  };
  const said = [stringAt(source, 'stdout'), stringAt(source, 'stderr')].filter(
    (text) => text !== undefined && text !== '',
  );
  const isError = field(source, 'success') === false || isFailed(source);
  const edits = isError ? undefined : changedFiles(field(source, 'changes'));
  return decodeEnding(state, line, { call, output: { text: said.join('\n'), isError, attached: [] }, edits });
}

/** `mcp_tool_call_end`, `McpToolCall`. The event's result is `{"Ok": …}` or `{"Err": …}`. */
export function decodeMcpEnd(state: CodexState, line: Line, source: unknown): Told {
  const invocation = field(source, 'invocation') ?? source;
  const name = `mcp__${textAt(invocation, 'server') ?? ''}.${textAt(invocation, 'tool') ?? ''}`;
  const call: Call = { id: callIdOf(line, source), name, input: field(invocation, 'arguments') };
  return decodeEnding(state, line, { call, output: mcpOutput(source) });
}

function mcpOutput(source: unknown): Output {
  const result = field(source, 'result');
  const ok = isRecord(result) && 'Ok' in result ? result.Ok : result;
  const error = textAt(result, 'Err') ?? textAt(source, 'error', 'message') ?? textAt(source, 'error');
  if (error !== undefined) return { text: error, isError: true, attached: [] };
  const content = listAt(ok, 'content');
  const isError = field(ok, 'isError') === true || field(ok, 'is_error') === true || isFailed(source);
  if (content.length > 0) return { ...readBlocks(content), exitCode: undefined, isError };
  const structured = field(ok, 'structuredContent') ?? field(ok, 'structured_content');
  return { text: isRecord(structured) ? jsonText(structured) : '', isError, attached: [] };
}

/** `dynamic_tool_call_response`, `DynamicToolCall`: a tool that the client brought. */
export function decodeDynamicEnd(state: CodexState, line: Line, source: unknown): Told {
  const output: Output = {
    ...readBlocks(listAt(source, 'content_items')),
    exitCode: undefined,
    isError: field(source, 'success') === false || isFailed(source),
  };
  const error = textAt(source, 'error');
  const text = output.text === '' && error !== undefined ? error : output.text;
  return decodeEnding(state, line, { call: dynamicCall(line, source), output: { ...output, text } });
}

export function dynamicCall(line: Line, source: unknown): Call {
  const tool = textAt(source, 'tool') ?? 'unknown';
  const namespace = textAt(source, 'namespace');
  const name = namespace === undefined ? tool : `${namespace}.${tool}`;
  return { id: callIdOf(line, source), name, input: field(source, 'arguments') };
}

/** What a payload says of an image that the agent looked at. */
export function viewCall(line: Line, source: unknown): Call {
  return { id: callIdOf(line, source), name: 'view_image', input: { path: textAt(source, 'path') ?? null } };
}
