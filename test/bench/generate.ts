/**
 * A tree of session files for measuring: shapes and sizes as agents write them, words from a seeded generator.
 *
 * Of the sessions, six in ten are Claude Code's, three Codex's, one Gemini CLI's. Sizes spread over three orders of
 * magnitude around the mean; about 2 kB a line. The words compress about as well as real transcripts do.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from './random.ts';

export interface TreeOptions {
  readonly folder: string;
  readonly sessions: number;
  readonly bytes: number;
  readonly seed: number;
}

export interface Tree {
  readonly folder: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

const WORDS =
  `the a of to and in is it for with on that this be as are not we use can from by or an at if will have file
function return value test error store event frame read write line byte source cursor batch commit queue retry buffer
parse format render session agent model token prompt message answer result tool call shell path folder index table key
const let import export async await class interface type string number boolean undefined null true false map set list
when then because should would could first last next before after during while until every each some any all none one
two three check build run fix add remove change move rename update create delete open close start stop wait poll sync
config option default setting value name title note text code block list item item row column page view screen window`.split(
    /\s+/,
  );

/** Writes the tree. */
export function generateTree({ folder, sessions, bytes, seed }: TreeOptions): Tree {
  const random = new Random(seed);
  const weights = Array.from({ length: sessions }, () => Math.exp(1.4 * gauss(random)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const files: string[] = [];
  let written = 0;
  for (const weight of weights) {
    const size = Math.max(2_000, Math.round((weight / total) * bytes));
    const file = writeSession(folder, size, random, new Date(Date.UTC(2026, 0, 1) + files.length * 3_600_000));
    files.push(file.path);
    written += file.bytes;
  }
  return { folder, files, bytes: written };
}

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function writeSession(folder: string, size: number, random: Random, start: Date): { path: string; bytes: number } {
  const kind = random.below(10);
  const writer =
    kind < 6 ? claudeSession(random, start) : kind < 9 ? codexSession(random, start) : geminiSession(random, start);
  const path = join(folder, writer.path);
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, 'w');
  let bytes = 0;
  let pending: string[] = [];
  const flush = () => {
    if (pending.length > 0) bytes += writeSync(handle, `${pending.join('\n')}\n`);
    pending = [];
  };
  let held = 0;
  for (const record of writer.records) {
    const line = JSON.stringify(record);
    pending.push(line);
    held += line.length;
    if (held > 1_000_000) {
      flush();
      held = 0;
    }
    if (bytes + held >= size) break;
  }
  flush();
  closeSync(handle);
  return { path, bytes };
}

interface SessionWriter {
  readonly path: string;
  readonly records: Iterable<unknown>;
}

export function sentence(random: Random, words: number): string {
  const picked = Array.from({ length: words }, () => random.pick(WORDS));
  const text = picked.join(' ');
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function paragraph(random: Random, sentences: number): string {
  return Array.from({ length: sentences }, () => sentence(random, 6 + random.below(12))).join(' ');
}

function codeLines(random: Random, lines: number): string {
  return Array.from(
    { length: lines },
    (_, index) =>
      `${' '.repeat(2 * random.below(4))}${random.pick(WORDS)} ${random.pick(WORDS)} = ${random.pick(WORDS)}(${random.pick(WORDS)}, ${random.below(1000)}); // ${index}`,
  ).join('\n');
}

/** Sizes as they occur: most results are short, a few are long. */
function resultLines(random: Random): number {
  const die = random.next();
  return die < 0.6 ? 1 + random.below(15) : die < 0.95 ? 20 + random.below(120) : 300 + random.below(600);
}

export function* clock(start: Date, random: Random): Generator<string, never> {
  let now = start.getTime();
  for (;;) {
    now += 200 + random.below(9_000);
    yield new Date(now).toISOString();
  }
}

export function claudeSession(random: Random, start: Date): SessionWriter {
  const sessionId = random.uuid();
  const project = `-home-ann-work-project-${random.below(40)}`;
  return { path: `claude/projects/${project}/${sessionId}.jsonl`, records: claudeRecords(random, sessionId, start) };
}

export function* claudeRecords(random: Random, sessionId: string, start: Date): Generator<unknown> {
  const time = clock(start, random);
  let parent: string | null = null;
  const envelope = (type: string) => {
    const uuid = random.uuid();
    const record = {
      parentUuid: parent,
      isSidechain: false,
      userType: 'external',
      cwd: '/home/ann/work/project',
      sessionId,
      version: '2.1.200',
      gitBranch: 'main',
      entrypoint: 'cli',
      type,
      uuid,
      timestamp: time.next().value,
    };
    parent = uuid;
    return record;
  };
  for (;;) {
    const promptId = random.uuid();
    yield {
      ...envelope('user'),
      promptId,
      promptSource: 'typed',
      origin: { kind: 'human' },
      message: { role: 'user', content: paragraph(random, 1 + random.below(3)) },
    };
    for (let step = 1 + random.below(8); step > 0; step--) {
      const message = { id: `msg_${random.hex(24)}`, type: 'message', role: 'assistant', model: 'claude-opus-5-5' };
      const usage = {
        input_tokens: random.below(9000),
        output_tokens: random.below(900),
        cache_read_input_tokens: random.below(90000),
        cache_creation_input_tokens: 0,
      };
      const requestId = `req_${random.hex(20)}`;
      if (random.next() < 0.5) {
        yield {
          ...envelope('assistant'),
          requestId,
          message: {
            ...message,
            content: [
              { type: 'thinking', thinking: paragraph(random, 2 + random.below(5)), signature: random.hex(200) },
            ],
            stop_reason: 'tool_use',
            usage,
          },
        };
      }
      yield {
        ...envelope('assistant'),
        requestId,
        message: {
          ...message,
          content: [{ type: 'text', text: paragraph(random, 1 + random.below(6)) }],
          stop_reason: 'tool_use',
          usage,
        },
      };
      const id = `toolu_${random.hex(20)}`;
      const isEdit = random.next() < 0.3;
      const file_path = `/home/ann/work/project/src/${random.pick(WORDS)}.ts`;
      const old = codeLines(random, 2 + random.below(6));
      const replaced = codeLines(random, 2 + random.below(8));
      const input = isEdit
        ? { file_path, old_string: old, new_string: replaced }
        : { command: `npm test -- ${random.pick(WORDS)}`, description: sentence(random, 4) };
      yield {
        ...envelope('assistant'),
        requestId,
        message: {
          ...message,
          content: [{ type: 'tool_use', id, name: isEdit ? 'Edit' : 'Bash', input }],
          stop_reason: 'tool_use',
          usage,
        },
      };
      const output = isEdit ? `The file ${file_path} has been updated.` : codeLines(random, resultLines(random));
      const toolUseResult = isEdit
        ? {
            filePath: file_path,
            oldString: old,
            newString: replaced,
            originalFile: codeLines(random, 60),
            structuredPatch: [
              {
                oldStart: 1,
                oldLines: 3,
                newStart: 1,
                newLines: 4,
                lines: [
                  ...old.split('\n').map((line) => `-${line}`),
                  ...replaced.split('\n').map((line) => `+${line}`),
                ],
              },
            ],
          }
        : { stdout: output, stderr: '', interrupted: false, isImage: false };
      yield {
        ...envelope('user'),
        promptId,
        message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: output }] },
        toolUseResult,
      };
    }
  }
}

function codexSession(random: Random, start: Date): SessionWriter {
  const id = `01a1${random.hex(4)}-${random.hex(4)}-7${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
  const day = start.toISOString().slice(0, 10);
  const stamp = start.toISOString().slice(0, 19).replaceAll(':', '-');
  return {
    path: `codex/sessions/${day.replaceAll('-', '/')}/rollout-${stamp}-${id}.jsonl`,
    records: codexRecords(random, id, start),
  };
}

function* codexRecords(random: Random, id: string, start: Date): Generator<unknown> {
  const time = clock(start, random);
  const line = (type: string, payload: unknown) => ({ timestamp: time.next().value, type, payload });
  yield line('session_meta', {
    id,
    timestamp: start.toISOString(),
    cwd: '/home/ann/work/project',
    originator: 'codex_cli_rs',
    cli_version: '0.142.0',
    source: 'cli',
    model_provider: 'openai',
    base_instructions: { text: paragraph(random, 60) },
    git: { branch: 'main' },
  });
  for (;;) {
    const turn_id = random.uuid();
    yield line('event_msg', { type: 'task_started', turn_id, started_at: 1, model_context_window: 258400 });
    yield line('turn_context', {
      turn_id,
      cwd: '/home/ann/work/project',
      approval_policy: 'on-request',
      sandbox_policy: { type: 'workspace-write' },
      model: 'gpt-5.5',
      effort: 'medium',
      summary: 'auto',
    });
    const prompt = paragraph(random, 1 + random.below(3));
    yield line('response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] });
    yield line('event_msg', { type: 'user_message', message: prompt, images: [], local_images: [], text_elements: [] });
    for (let step = 1 + random.below(8); step > 0; step--) {
      yield line('response_item', {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: paragraph(random, 2) }],
        encrypted_content: random.hex(600),
      });
      const said = paragraph(random, 1 + random.below(3));
      yield line('event_msg', { type: 'agent_message', message: said, phase: 'commentary' });
      yield line('response_item', {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: said }],
        phase: 'commentary',
      });
      const call_id = `call_${random.hex(20)}`;
      yield line('response_item', {
        type: 'function_call',
        name: 'exec_command',
        arguments: JSON.stringify({ cmd: `npm test -- ${random.pick(WORDS)}` }),
        call_id,
      });
      yield line('response_item', {
        type: 'function_call_output',
        call_id,
        output: `Chunk ID: ${random.hex(6)}\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n${codeLines(random, resultLines(random))}`,
      });
      const usage = {
        input_tokens: random.below(90000),
        cached_input_tokens: 500,
        output_tokens: random.below(900),
        reasoning_output_tokens: 10,
        total_tokens: random.below(99000),
      };
      yield line('event_msg', {
        type: 'token_count',
        info: { total_token_usage: usage, last_token_usage: usage, model_context_window: 258400 },
        rate_limits: null,
      });
    }
    const answer = paragraph(random, 4);
    yield line('event_msg', { type: 'agent_message', message: answer, phase: 'final_answer' });
    yield line('response_item', {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: answer }],
      phase: 'final_answer',
    });
    yield line('event_msg', { type: 'task_complete', turn_id, last_agent_message: answer });
  }
}

function geminiSession(random: Random, start: Date): SessionWriter {
  const sessionId = random.uuid();
  const stamp = start.toISOString().slice(0, 16).replace(':', '-');
  return {
    path: `gemini/.gemini/tmp/project-${random.below(20)}/chats/session-${stamp}-${sessionId.slice(0, 8)}.jsonl`,
    records: geminiRecords(random, sessionId, start),
  };
}

function* geminiRecords(random: Random, sessionId: string, start: Date): Generator<unknown> {
  const time = clock(start, random);
  yield {
    sessionId,
    projectHash: random.hex(64),
    startTime: start.toISOString(),
    lastUpdated: start.toISOString(),
    kind: 'main',
  };
  for (;;) {
    yield {
      id: random.uuid(),
      timestamp: time.next().value,
      type: 'user',
      content: [{ text: paragraph(random, 1 + random.below(3)) }],
    };
    const id = random.uuid();
    const timestamp = time.next().value;
    const message = {
      id,
      timestamp,
      type: 'gemini',
      content: paragraph(random, 3),
      thoughts: [{ subject: sentence(random, 3), description: paragraph(random, 2), timestamp }],
      tokens: { input: 9000, output: 200, cached: 0, thoughts: 15, tool: 0, total: 9215 },
      model: 'gemini-2.5-pro',
    };
    yield message;
    yield { $set: { lastUpdated: timestamp } };
    const callId = `run_shell_command-${random.hex(10)}`;
    const output = codeLines(random, resultLines(random));
    const result = [{ functionResponse: { id: callId, name: 'run_shell_command', response: { output } } }];
    yield {
      ...message,
      toolCalls: [
        {
          id: callId,
          name: 'run_shell_command',
          args: { command: 'npm test', description: 'Run the tests' },
          result,
          status: 'success',
          timestamp,
          resultDisplay: output,
        },
      ],
    };
    yield { $set: { lastUpdated: timestamp } };
  }
}
