/** Sessions in the shape of Codex 0.142: what is said stands in an event and in a response item, as in real ones. */
import type { Random } from '../random.ts';
import { clock, codeLines, paragraph, resultLines, WORDS } from '../words.ts';

const CWD = '/home/ann/work/project';

type Line = (type: string, payload: object) => unknown;

export function* codexRecords(random: Random, id: string, start: Date): Generator<unknown> {
  const time = clock(start, random);
  const line: Line = (type, payload) => ({ timestamp: time.next().value, type, payload });
  const base_instructions = { text: paragraph(random, 60) };
  const meta = { id, timestamp: start.toISOString(), cwd: CWD, originator: 'codex_cli_rs', cli_version: '0.142.0' };
  yield line('session_meta', {
    ...meta,
    source: 'cli',
    model_provider: 'openai',
    base_instructions,
    git: { branch: 'main' },
  });
  for (;;) yield* codexTurn(random, line);
}

function* codexTurn(random: Random, line: Line): Generator<unknown> {
  const turn_id = random.uuid();
  yield line('event_msg', { type: 'task_started', turn_id, started_at: 1, model_context_window: 258400 });
  const sandbox_policy = { type: 'workspace-write' };
  yield line('turn_context', { turn_id, cwd: CWD, approval_policy: 'on-request', sandbox_policy, model: 'gpt-5.5' });
  const prompt = paragraph(random, 1 + random.below(3));
  yield line('response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] });
  yield line('event_msg', { type: 'user_message', message: prompt, images: [], local_images: [], text_elements: [] });
  for (let step = 1 + random.below(8); step > 0; step--) yield* codexStep(random, line);
  const answer = paragraph(random, 4);
  yield* said(line, answer, 'final_answer');
  yield line('event_msg', { type: 'task_complete', turn_id, last_agent_message: answer });
}

function* said(line: Line, text: string, phase: string): Generator<unknown> {
  yield line('event_msg', { type: 'agent_message', message: text, phase });
  yield line('response_item', { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }], phase });
}

function* codexStep(random: Random, line: Line): Generator<unknown> {
  const summary = [{ type: 'summary_text', text: paragraph(random, 2) }];
  yield line('response_item', { type: 'reasoning', summary, encrypted_content: random.hex(600) });
  yield* said(line, paragraph(random, 1 + random.below(3)), 'commentary');
  const call_id = `call_${random.hex(20)}`;
  const args = JSON.stringify({ cmd: `npm test -- ${random.pick(WORDS)}` });
  yield line('response_item', { type: 'function_call', name: 'exec_command', arguments: args, call_id });
  const head = `Chunk ID: ${random.hex(6)}\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n`;
  const output = head + codeLines(random, resultLines(random));
  yield line('response_item', { type: 'function_call_output', call_id, output });
  const usage = { input_tokens: random.below(90000), cached_input_tokens: 500, output_tokens: random.below(900) };
  const info = { total_token_usage: { ...usage, total_tokens: random.below(99000) }, last_token_usage: usage };
  yield line('event_msg', { type: 'token_count', info, rate_limits: null });
}
