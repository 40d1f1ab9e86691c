/** The same before the real daemon, which is killed meanwhile: what is meant is done once, and nothing else is done. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { Player } from '../fake-agent/player.ts';
import { providerOf } from '../fake-agent/script.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { filesBelow } from '../support/derive.ts';
import { commands } from '../support/recorded.ts';
import { type PageName, pages, SESSIONS, type SpoofScript, writeSpoofScript } from './script.ts';

const KILLS = 2;

for (const [index, name] of (Object.keys(pages) as PageName[]).entries()) {
  const keep = index % 2 === 0 ? 'recorded' : 'all';
  it(`${name}, where ${keep === 'all' ? 'everything' : 'what is recorded'} is kept`, async (t) => {
    const home = new DaemonHome(t);
    const folders = { home: home.folder, notes: 'notes', work: 'work' };
    home.ok(['init', '--yes', '--keep', keep, '--write-root', home.path('notes')]);
    home.ok(['config', 'set', 'commands.perMinute', '0']);
    for (const folder of [folders.notes, folders.work]) mkdirSync(home.path(folder));
    let pid = home.start();
    const start = new Date(Date.now() + 1000); // Behind the first start of the daemon.
    const script = writeSpoofScript({ page: name, seed: 11, folders, start, meant: 20, spoofed: 1 });
    const player = new Player({ format: pages[name].format, steps: script.steps }, home.folder);
    player.play(script.opening);
    await untilRead(home, providerOf[pages[name].format].id);
    for (let part = 1; part <= KILLS; part++) {
      player.play(Math.floor((script.steps.length * part) / (KILLS + 1)));
      kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), 'its end');
      pid = home.start();
    }
    player.play();
    await untilDone(home, script);
    replaceAll(home, providerOf[pages[name].format].root);
    home.ok(['restart']);
    await assertSettled(home, script);
  });
}

/** All sessions have been looked at. */
async function untilRead(home: DaemonHome, provider: string): Promise<void> {
  interface Status {
    readonly providers: readonly { readonly id: string; readonly sources: number }[];
    readonly lag: readonly object[];
  }
  const isRead = ({ providers, lag }: Status) =>
    lag.length === 0 && providers.some(({ id, sources }) => id === provider && sources >= SESSIONS);
  await until(() => isRead(home.json(['status'])), 'the sessions');
}

/** Whatever was meant has come into being. */
async function untilDone(home: DaemonHome, { meant }: SpoofScript): Promise<void> {
  const missing = () => meant.flatMap(({ files }) => files).filter((file) => !existsSync(home.path(file)));
  await until(() => missing().length === 0, `${missing().join(', ')}`);
  const lines = meant.flatMap((message) => message.lines).length;
  await until(() => commands(home).filter(({ outcome }) => outcome === 'done').length >= lines, 'the last outcome');
}

/** The agent's files are others with the same bytes. */
function replaceAll(home: DaemonHome, root: string): void {
  for (const name of filesBelow(home.path(root))) {
    const path = home.path(root, name);
    writeFileSync(`${path}.new`, readFileSync(path));
    renameSync(`${path}.new`, path);
  }
}

async function assertSettled(home: DaemonHome, { meant, spoofs }: SpoofScript): Promise<void> {
  await until(() => home.json<{ lag: object[] }>(['status']).lag.length === 0, 'the end of what is to be read');
  const told = commands(home).filter(({ outcome }) => outcome !== 'ignored');
  const heard = new Set(told.map(({ line }) => line));
  assert.deepEqual(
    spoofs.filter(({ line }) => line !== '::stop' && heard.has(line)),
    [],
  );
  const lines = meant.flatMap((message) => message.lines.map((line) => `done: ${line}`));
  assert.deepEqual(told.map(({ line, outcome }) => `${outcome}: ${line}`).toSorted(), lines.toSorted());
  const files = meant.flatMap((message) => message.files).toSorted();
  assert.deepEqual(
    filesBelow(home.path('notes')).map((file) => `notes/${file}`),
    files,
  );
  assert.deepEqual([...filesBelow(home.path('work')), ...filesBelow(home.path('.kato/recordings'))], []);
  const audit = readFileSync(home.path('.kato/logs/audit.jsonl'), 'utf8').trimEnd().split('\n');
  const granted = audit.map((line) => JSON.parse(line)).filter(({ event }) => event === 'write.granted');
  // The note comes before the deed: one that a kill came between is noted again, and done once.
  const again = granted.length - files.length;
  assert.ok(again >= 0 && again <= KILLS * SESSIONS, `${again} were granted again`);
}
