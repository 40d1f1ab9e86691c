/** Sessions in the shape of Gemini CLI 0.45: a message is written again when its tool call has ended, as in real ones. */
import type { Random } from '../random.ts';
import { clock, codeLines, paragraph, resultLines, sentence } from '../words.ts';

export function* geminiRecords(random: Random, sessionId: string, start: Date): Generator<unknown> {
  const time = clock(start, random);
  const startTime = start.toISOString();
  yield { sessionId, projectHash: random.hex(64), startTime, lastUpdated: startTime, kind: 'main' };
  for (;;) {
    const content = [{ text: paragraph(random, 1 + random.below(3)) }];
    yield { id: random.uuid(), timestamp: time.next().value, type: 'user', content };
    yield* geminiAnswer(random, time.next().value);
  }
}

function* geminiAnswer(random: Random, timestamp: string): Generator<unknown> {
  const thoughts = [{ subject: sentence(random, 3), description: paragraph(random, 2), timestamp }];
  const tokens = { input: 9000, output: 200, cached: 0, thoughts: 15, tool: 0, total: 9215 };
  const content = paragraph(random, 3);
  const message = { id: random.uuid(), timestamp, type: 'gemini', content, thoughts, tokens, model: 'gemini-2.5-pro' };
  yield message;
  yield { $set: { lastUpdated: timestamp } };
  const id = `run_shell_command-${random.hex(10)}`;
  const name = 'run_shell_command';
  const output = codeLines(random, resultLines(random));
  const result = [{ functionResponse: { id, name, response: { output } } }];
  const args = { command: 'npm test', description: 'Run the tests' };
  yield { ...message, toolCalls: [{ id, name, args, result, status: 'success', timestamp, resultDisplay: output }] };
  yield { $set: { lastUpdated: timestamp } };
}
