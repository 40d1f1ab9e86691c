/** The examples of `kato/store` for programs that write transcripts, run as their readers run them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { Random } from '../bench/random.ts';
import { collect } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';

const SEED = 20261122;
const PROMPTS = 60;
const chat = { provider: 'my-agent', nativeId: 'chat-1' };
const room = { provider: 'my-gateway', nativeId: 'room-7' };

function start(example: string, database: string, prompts?: string): ChildProcess {
  const input = prompts === undefined ? ('ignore' as const) : openSync(prompts, 'r');
  return spawn(process.execPath, [`docs/examples/${example}`, database], { stdio: [input, 'pipe', 'inherit'] });
}

/** What a program prints, until it ends. */
async function* linesOf({ stdout }: ChildProcess): AsyncGenerator<string> {
  if (stdout) yield* createInterface({ input: stdout });
}

/** Runs the agent, and kills it as soon as it has printed so many answers; how it ended. */
async function live(database: string, prompts: string, answers: number, printed: string[]) {
  const child = start('agent-loop.ts', database, prompts);
  const closed = once(child, 'close');
  let count = 0;
  for await (const line of linesOf(child)) {
    printed.push(line);
    if (++count === answers) child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  return { code, signal };
}

async function readChat(database: string): Promise<readonly string[]> {
  const transcripts = openTranscripts(openSqliteStore(database));
  const { messages } = await transcripts.load(chat);
  assert.deepEqual(await collect(transcripts.store.verify()), []);
  await transcripts.close();
  return messages.map(({ role, text }) => `${role}: ${text}`);
}

it('the agent loop, killed again and again, ends with the transcript of one that nobody killed', async (t) => {
  const folder = temporaryFolder(t);
  const [database, prompts] = [join(folder, 'chat.db'), join(folder, 'prompts.txt')];
  const texts = Array.from({ length: PROMPTS }, (_, index) => `prompt ${index}`);
  await writeFile(prompts, `${texts.join('\n')}\n`);
  const random = new Random(SEED);
  const printed: string[] = [];
  let kills = 0;
  for (;;) {
    const { code, signal } = await live(database, prompts, 1 + random.below(12), printed);
    if (signal !== 'SIGKILL') {
      assert.equal(code, 0);
      break;
    }
    kills += 1;
    const kept = await readChat(database);
    for (const line of printed) assert.ok(kept.includes(`assistant: ${line}`), `printed, and not kept: ${line}`);
  }
  const expected = texts.flatMap((text, index) => [`user: ${text}`, `assistant: ${2 * index + 1}: you said ${text}`]);
  assert.deepEqual(await readChat(database), expected);
  assert.ok(kills > 3, `only ${kills} kills`);
});

it('the gateway notes each delivery once in the room, however often it is started', async (t) => {
  const folder = temporaryFolder(t);
  const [database, prompts] = [join(folder, 'chat.db'), join(folder, 'prompts.txt')];
  const ask = async (...texts: readonly string[]) => {
    await writeFile(prompts, `${texts.join('\n')}\n`);
    assert.equal((await live(database, prompts, 0, [])).code, 0);
  };
  await ask('tea?');
  const delivered: string[] = [];
  for (const texts of [
    ['tea?', 'milk?'],
    ['tea?', 'milk?', 'sugar?'],
  ]) {
    const gateway = start('gateway.ts', database);
    const closed = once(gateway, 'close');
    await ask(...texts);
    for await (const line of linesOf(gateway)) {
      delivered.push(line);
      if (line.endsWith(texts.at(-1) ?? '')) gateway.kill('SIGTERM');
    }
    assert.equal((await closed)[0], 0);
  }
  assert.deepEqual(delivered, ['1: you said tea?', '3: you said milk?', '5: you said sugar?']);
  const transcripts = openTranscripts(openSqliteStore(database));
  const { messages } = await transcripts.load(room);
  assert.deepEqual(
    messages.map(({ text }) => text),
    delivered,
  );
  const originals = (await transcripts.load(chat)).messages.filter(({ role }) => role === 'assistant');
  assert.deepEqual(
    messages.map(({ mirrorOf }) => mirrorOf?.id),
    originals.map(({ id }) => id),
  );
  await transcripts.close();
});
