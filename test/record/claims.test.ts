/** Two sessions and one path: a file that is being recorded to belongs to one conversation. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { commandPayloads } from '../../src/record/commands.ts';
import { OTHER, prompt } from '../ingest/support/session-lines.ts';
import { Studio } from './support.ts';

const OTHER_KEY = { provider: 'claude-code', nativeId: OTHER };
const REFUSED = 'redirected (another session is being recorded there)';

/** What somebody says in another session. */
function sayElsewhere(studio: Studio, n: number, ...texts: readonly string[]): void {
  const lines = texts.map((text, index) => `${prompt(n + index, { session: OTHER, text })}\n`).join('');
  if (n === 1) studio.stage.write(studio.stage.path(OTHER), lines);
  else studio.stage.append(studio.stage.path(OTHER), lines);
}

async function take(studio: Studio): Promise<void> {
  await studio.stage.pass({ cause: 'live', commandsIn: (text) => commandPayloads(text, { prefix: '' }) });
  await studio.recorder.taken([OTHER_KEY, studio.key]);
}

const elsewhere = (studio: Studio) => readFileSync(`${studio.recordings}/generated.md`, 'utf8');

describe('a path where another session is being recorded', () => {
  for (const verb of ['record', 'capture']) {
    it(`is refused, and the recording goes on elsewhere: ${verb}`, async (t) => {
      const studio = new Studio(t);
      await studio.say(`::record ${studio.notes}/a.md`, 'one');
      sayElsewhere(studio, 1, `::${verb} ${studio.notes}/a.md`, 'other words');
      await take(studio);
      assert.ok((await studio.outcomes()).includes(`::${verb} ${studio.notes}/a.md: ${REFUSED}`));
      assert.ok(!studio.file('a.md').includes('other words'));
      assert.ok(elsewhere(studio).includes('other words'));
    });
  }

  it('is the same path through a link', async (t) => {
    const studio = new Studio(t);
    symlinkSync(studio.notes, `${studio.home}/alias`);
    const { policyFor } = studio.parts();
    studio.change = {
      policyFor: (session) => {
        const policy = policyFor(session);
        return { ...policy, roots: [...policy.roots, { kind: 'configured', path: `${studio.home}/alias` }] };
      },
    };
    await studio.restart();
    await studio.say(`::record ${studio.notes}/a.md`, 'one');
    sayElsewhere(studio, 1, `::record ${studio.home}/alias/a.md`, 'other words');
    await take(studio);
    assert.ok(!studio.file('a.md').includes('other words'));
    assert.ok(elsewhere(studio).includes('other words'));
  });

  it('is of one session when both ask at once', async (t) => {
    const studio = new Studio(t);
    await studio.restart();
    studio.type(`::record ${studio.notes}/a.md`, 'one');
    sayElsewhere(studio, 1, `::record ${studio.notes}/a.md`, 'other words');
    await take(studio);
    const all = await studio.outcomes();
    assert.deepEqual(all.map((one) => one.split(': ')[1]).sort(), ['done', REFUSED]);
    assert.notEqual(studio.file('a.md').includes('other words'), studio.file('a.md').includes('\none\n'));
  });

  it('is free again when that recording has ended, also after a restart', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one');
    await studio.restart();
    sayElsewhere(studio, 1, `::record ${studio.notes}/a.md`, '::stop');
    await take(studio);
    await studio.say('::stop');
    sayElsewhere(studio, 3, `::record ${studio.notes}/a.md`, 'other words');
    await take(studio);
    assert.ok(studio.file('a.md').includes('\none\n'));
    assert.ok(studio.file('a.md').endsWith('other words\n'));
  });
});
