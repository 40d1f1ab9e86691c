/** Sessions in the shape of Claude Code 2.1.200: a tool result stands twice in its record, as in real ones. */
import type { Random } from '../random.ts';
import { clock, codeLines, paragraph, resultLines, sentence, WORDS } from '../words.ts';

const CWD = '/home/ann/work/project';

export function* claudeRecords(random: Random, sessionId: string, start: Date): Generator<unknown> {
  const envelope = envelopes(random, sessionId, start);
  for (;;) {
    const promptId = random.uuid();
    const message = { role: 'user', content: paragraph(random, 1 + random.below(3)) };
    yield { ...envelope('user'), promptId, promptSource: 'typed', origin: { kind: 'human' }, message };
    for (let step = 1 + random.below(8); step > 0; step--) yield* claudeStep(random, envelope, promptId);
  }
}

type Envelope = (type: string) => object;

function envelopes(random: Random, sessionId: string, start: Date): Envelope {
  const time = clock(start, random);
  let parentUuid: string | null = null;
  return (type) => {
    const uuid = random.uuid();
    const head = { parentUuid, isSidechain: false, userType: 'external', cwd: CWD, sessionId };
    parentUuid = uuid;
    return {
      ...head,
      version: '2.1.200',
      gitBranch: 'main',
      entrypoint: 'cli',
      type,
      uuid,
      timestamp: time.next().value,
    };
  };
}

function* claudeStep(random: Random, envelope: Envelope, promptId: string): Generator<unknown> {
  const requestId = `req_${random.hex(20)}`;
  const answer = { id: `msg_${random.hex(24)}`, type: 'message', role: 'assistant', model: 'claude-opus-5-5' };
  const usage = {
    input_tokens: random.below(9000),
    output_tokens: random.below(900),
    cache_read_input_tokens: random.below(90000),
    cache_creation_input_tokens: 0,
  };
  const block = (content: unknown) => ({
    ...envelope('assistant'),
    requestId,
    message: { ...answer, content: [content], stop_reason: 'tool_use', usage },
  });
  if (random.next() < 0.5) {
    yield block({ type: 'thinking', thinking: paragraph(random, 2 + random.below(5)), signature: random.hex(200) });
  }
  yield block({ type: 'text', text: paragraph(random, 1 + random.below(6)) });
  const id = `toolu_${random.hex(20)}`;
  const tool = random.next() < 0.3 ? editTool(random) : shellTool(random);
  yield block({ type: 'tool_use', id, name: tool.name, input: tool.input });
  const content = [{ type: 'tool_result', tool_use_id: id, content: tool.output }];
  yield { ...envelope('user'), promptId, message: { role: 'user', content }, toolUseResult: tool.result };
}

function shellTool(random: Random) {
  const output = codeLines(random, resultLines(random));
  const input = { command: `npm test -- ${random.pick(WORDS)}`, description: sentence(random, 4) };
  return { name: 'Bash', input, output, result: { stdout: output, stderr: '', interrupted: false, isImage: false } };
}

function editTool(random: Random) {
  const filePath = `${CWD}/src/${random.pick(WORDS)}.ts`;
  const oldString = codeLines(random, 2 + random.below(6));
  const newString = codeLines(random, 2 + random.below(8));
  const lines = [
    ...oldString.split('\n').map((line) => `-${line}`),
    ...newString.split('\n').map((line) => `+${line}`),
  ];
  const structuredPatch = [{ oldStart: 1, oldLines: 3, newStart: 1, newLines: 4, lines }];
  return {
    name: 'Edit',
    input: { file_path: filePath, old_string: oldString, new_string: newString },
    output: `The file ${filePath} has been updated.`,
    result: { filePath, oldString, newString, originalFile: codeLines(random, 60), structuredPatch },
  };
}
