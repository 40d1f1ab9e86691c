/** A process that is killed while it takes in what is being written: nothing is lost and nothing doubled. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { Random } from '../bench/random.ts';
import { collect } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';
import { until } from '../support/until.ts';
import { LiveStage } from './support/live-stage.ts';
import { prompt, prompts } from './support/session-lines.ts';
import { Stage } from './support/stage.ts';

const CHILD = fileURLToPath(new URL('./support/live-child.ts', import.meta.url));
const KILLS = 6;
const LINES_A_LIFE = 60;

async function start(root: string, database: string, mode: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, root, database, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout ?? child, 'data');
  return child;
}

/** Writes through several lives of the process; how many lines were written, every tenth of them a command. */
async function writeAndKill(stage: Stage, database: string, mode: string): Promise<number> {
  const random = new Random(7);
  let line = 0;
  const write = () => {
    line += 1;
    stage.append(
      stage.path(),
      line % 10 === 0 ? `${prompt(line, { text: `::record ${line}.md` })}\n` : prompts(line, line),
    );
  };
  const readBytes = async () => (await stage.store.sources())[0]?.checkpoint.endBytes ?? 0;
  for (let life = 0; life < KILLS; life++) {
    const child = await start(stage.root, database, mode);
    const before = await readBytes();
    write();
    await until(async () => (await readBytes()) > before, 'the process takes nothing in');
    const end = 1 + random.below(LINES_A_LIFE - 1);
    for (let n = 1; n < LINES_A_LIFE; n++) {
      write();
      if (n === end) child.kill('SIGKILL');
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  return line;
}

async function play(t: TestContext, mode: 'keep' | 'hear', check: (live: LiveStage, lines: number) => Promise<void>) {
  const [root, folder] = [temporaryFolder(t), temporaryFolder(t)];
  const database = `${folder}/kato.db`;
  openSqliteStore(database).close();
  const writer = new Stage(root, openSqliteStore(database));
  writer.write(writer.path(), '');
  const lines = await writeAndKill(writer, database, mode);
  const live = new LiveStage(writer, { keep: mode === 'keep' });
  await live.live.start();
  await live.live.sweep();
  await check(live, lines);
  await live.live.stop();
  assert.deepEqual(await collect(writer.store.verify()), []);
  await writer.store.close();
}

it('a transcript has every line once', (t) =>
  play(t, 'keep', async ({ stage }, lines) => {
    const said = await stage.said();
    const wanted = Array.from({ length: lines }, (_, n) =>
      (n + 1) % 10 === 0 ? `::record ${n + 1}.md` : `sheep number ${n + 1}`,
    );
    assert.deepEqual(said, wanted);
  }));

it('a session that is not kept has every command once, and no text', (t) =>
  play(t, 'hear', async (live, lines) => {
    const heard = (await live.heard()).map(({ event }) => event.payload.arguments).sort();
    const wanted = Array.from({ length: lines / 10 }, (_, n) => `${(n + 1) * 10}.md`);
    assert.deepEqual(heard, wanted.sort());
    assert.deepEqual(await live.stage.events(), []);
  }));
