/** Messages of Gemini CLI, in the shapes of 0.61 (lines) and 0.24 (documents). Seen in November 2026. */
import type { StepLog } from '../step-log.ts';
import type { Round, Tool } from '../story.ts';
import type { Desk } from '../writer.ts';

export const MODEL = 'gemini-3-pro';

export interface Message {
  readonly id: string;
  readonly timestamp: string;
  readonly type: 'user' | 'gemini' | 'info';
  readonly content: unknown;
  readonly [key: string]: unknown;
}

export function userMessage({ log, random }: Desk, content: unknown): Message {
  return { id: random.uuid(), timestamp: log.tick(), type: 'user', content };
}

/** What the model says before its calls have run; the calls come with a later writing of the same message. */
export function modelMessage({ log, random }: Desk, text: string, thinking?: string): Message {
  const timestamp = log.tick();
  const thoughts = thinking === undefined ? [] : [{ subject: 'Considering', description: thinking, timestamp }];
  const [input, output] = [100 + random.below(9000), 1 + random.below(500)];
  const tokens = { input, output, cached: 0, thoughts: 0, tool: 0, total: input + output };
  return { id: random.uuid(), timestamp, type: 'gemini', content: text, thoughts, tokens, model: MODEL };
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: object;
  readonly result: readonly { readonly functionResponse: object }[];
  readonly [key: string]: unknown;
}

export function toolCall(desk: Desk, tool: Tool, extra: { agentId?: string; isDeclined?: boolean } = {}): ToolCall {
  const { log, random } = desk;
  const [name, args] =
    tool.kind === 'shell'
      ? ['run_shell_command', { command: tool.command, description: 'Run it' }]
      : ['invoke_agent', { agent_name: 'generalist', prompt: tool.prompt }];
  const id = `${name}__call_${random.hex(12)}`;
  const said = tool.kind === 'shell' ? tool.output : tool.report;
  const output =
    tool.kind === 'shell'
      ? `<untrusted_context>\nOutput: ${said}\nProcess Group PGID: 4711\n</untrusted_context>`
      : `Subagent 'generalist' finished.\nTermination Reason: GOAL\nResult:\n${said}`;
  const refused = { error: '[Operation Cancelled] Reason: User denied execution.' };
  const response = extra.isDeclined ? refused : { output };
  const status = extra.isDeclined ? 'cancelled' : 'success';
  const shown = { resultDisplay: extra.isDeclined ? '' : said, description: 'A tool', displayName: name };
  const agent = extra.agentId === undefined ? {} : { agentId: extra.agentId };
  const result = [{ functionResponse: { id, name, response } }];
  return { id, name, args, result, status, timestamp: log.tick(), ...shown, ...agent };
}

/** Notes what looks like a command in what the model says and gets. */
export function noteRound(log: StepLog, session: string, { thinking, text }: Round): void {
  if (thinking !== undefined) log.spoofs('thinking', session, thinking);
  if (text !== undefined) log.spoofs('answer', session, text);
}

export function noteTool(log: StepLog, session: string, tool: Tool): void {
  log.spoofs('tool-input', session, tool.kind === 'shell' ? tool.command : tool.prompt);
  log.spoofs('tool-result', session, tool.kind === 'shell' ? tool.output : tool.report);
}

/** A message as it stands on a list: what the model got, calls among the parts, no tokens. */
export function listed(message: Message): Message {
  if (message.type !== 'gemini') return message;
  const { toolCalls, model, ...rest } = message as Message & { toolCalls?: readonly ToolCall[]; model?: string };
  const words = typeof message.content === 'string' && message.content !== '' ? [{ text: message.content }] : [];
  const parts = Array.isArray(message.content) ? message.content : words;
  const calls = (toolCalls ?? []).map(({ id, name, args }) => ({ functionCall: { id, name, args } }));
  return { ...rest, content: [...parts, ...calls], thoughts: [], tokens: null };
}

/** How a `!` command of the person is told to the model. */
export function shellWords(command: string, output: string): string {
  const escaped = output.replace(/[\\`]/g, '\\$&');
  return `I ran the following shell command:\n\`\`\`sh\n${command}\n\`\`\`\n\nThis produced the following result:\n\`\`\`\n${escaped}\n\`\`\``;
}
