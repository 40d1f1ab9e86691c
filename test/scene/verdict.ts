/** The end of a scene: everything is waited for, and judged by the command line and by the store itself. */
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { assertHeard } from '../fake-agent/judge.ts';
import { forgetsTakenBack } from '../fake-agent/script.ts';
import { storedEvents } from '../support/derive.ts';
import { until } from '../support/until.ts';
import type { Editor } from './editor.ts';
import { flawsOf } from './flaws.ts';
import type { Scene } from './scene.ts';
import { commandLineWitness, connectWitness } from './witnesses.ts';

/** All files are read at each look. */
const LOOK_MS = 20;

/** What is still wrong when everything should have been done, with the daemon running. */
export async function settle(scene: Scene, editor: Editor, patienceMs: number): Promise<readonly string[]> {
  const witness = await connectWitness(scene.home);
  let flaws: readonly string[] = [];
  const look = async () => {
    await wait(LOOK_MS);
    flaws = await flawsOf(scene, editor, witness);
    if (flaws.length > 0) return false;
    const { lag } = await witness.client.status();
    flaws = lag.map(({ path, lagBytes }) => `${lagBytes} bytes of ${basename(path)} are not read`);
    return flaws.length === 0;
  };
  try {
    await until(look, 'flaws stay', patienceMs);
    return [];
  } catch (error) {
    return flaws.length === 0 ? [String(error)] : flaws;
  } finally {
    await witness.client.close();
  }
}

/** What the command line shows: now, and with the daemon ended; and what the store holds then. */
export async function judge(scene: Scene, editor: Editor, { isUp }: { isUp: boolean }): Promise<readonly string[]> {
  const shown = () => flawsOf(scene, editor, commandLineWitness(scene.home));
  const before = isUp ? await shown() : [];
  await scene.end('SIGTERM');
  const after = isUp ? [] : await shown();
  const store = openSqliteStore(`${scene.home.kato}/kato.db`);
  try {
    return [...before, ...after, ...(await storeFlaws(scene, store))];
  } finally {
    await store.close();
  }
}

async function storeFlaws(scene: Scene, store: TranscriptStore): Promise<readonly string[]> {
  const flaws: string[] = [];
  for await (const { code, what } of store.verify()) flaws.push(`the store: ${code}: ${what}`);
  if (!scene.keepsAll) return flaws;
  const events = await storedEvents(store);
  for (const { name, format, player } of scene.chats) {
    const ledger = player.ledger();
    const own = events.filter(({ event }) => ledger.sessions.has(event.session.nativeId));
    try {
      assertHeard(own, ledger, { forgetsTakenBack: forgetsTakenBack(format) });
    } catch {
      flaws.push(`${name}: the store has not heard what was said`);
    }
  }
  return flaws;
}
