/** How often the verbs wait for the disk, counted by the system's own calls. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { temporaryFolder } from '../support/derive.ts';
import { hasStrace } from '../torture/kill-import.ts';
import { lastingEngines } from './engines.ts';

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).pathname);

/** Syncs of the files of a store while a program does this, in a session that was started. */
function syncsOf(engine: string, folder: string, steps: string): number {
  const script = `
    import { writeSync } from 'node:fs';
    import { openEngine } from ${module('./engines.ts')};
    import { openTranscripts } from ${module('../../src/library/transcripts.ts')};
    const t = openTranscripts(openEngine(${JSON.stringify(engine)}, ${JSON.stringify(folder)}));
    const chat = { provider: 'toy-agent', nativeId: 'chat' };
    const say = (id, role = 'assistant') => ({ id, role, content: 'words' });
    const room = { ...chat, nativeId: 'room' };
    for (const session of [chat, room]) await t.start(session);
    writeSync(1, 'begin');
    ${steps}
    writeSync(1, 'end');
    process.exit();`;
  const log = `${folder}/calls.txt`;
  const trace = ['-f', '-qq', '-e', 'trace=fsync,fdatasync,write', '-o', log];
  const { status, stderr } = spawnSync('strace', [...trace, process.execPath, '--input-type=module', '-e', script]);
  assert.equal(status, 0, String(stderr));
  const calls = readFileSync(log, 'utf8');
  const counted = calls.slice(calls.indexOf('"begin"'), calls.indexOf('"end"'));
  return counted.match(/f(?:data)?sync\(/g)?.length ?? 0;
}

const RIDING = `
  for (let n = 0; n < 5; n++) await t.patch(chat, [{ kind: 'mode', value: String(n) }]);
  for (let n = 0; n < 2; n++) await t.meta(chat, { tokens: n }, { rides: true });`;

const COSTS: readonly (readonly [title: string, steps: string, syncs: number])[] = [
  ['a message costs one wait', `await t.append(chat, say('m1'));`, 1],
  ['patches and notes that ride cost none', RIDING, 0],
  ['seven records that ride and a message cost one wait', `${RIDING} await t.append(chat, say('m1'));`, 1],
  [
    'eight messages that are appended together cost one wait',
    `await t.append(chat, ...[...'abcdefgh'].map((id) => say(id)));`,
    1,
  ],
  ['the end of a turn costs one wait, and takes along what rode', `${RIDING} await t.endTurn(chat, { id: 't1' });`, 1],
  ['a compaction costs one wait', `await t.compact(chat, { id: 'k', summary: 'short' });`, 1],
  ['a delivered copy costs one wait', `await t.mirror(chat, room, say('m1'));`, 1],
  [
    'a message that is there already costs none',
    `await t.append(chat, say('m1')); await t.append(chat, say('m1'));`,
    1,
  ],
];

for (const engine of lastingEngines) {
  for (const [title, steps, syncs] of COSTS) {
    it(`${title}, in ${engine}`, { skip: hasStrace() ? false : 'needs strace' }, (t) => {
      assert.equal(syncsOf(engine, temporaryFolder(t), steps), syncs);
    });
  }
}
