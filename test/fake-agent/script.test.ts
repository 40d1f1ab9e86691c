/** Scripts: the same from the same seed, and whole whatever habits are laid over them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Disk } from './disk.ts';
import { type Habit, habits } from './habits.ts';
import { type Carrier, type Format, formats, ledgerOf, type Script } from './script.ts';
import { writeScript } from './write-script.ts';

const SEEDS = Array.from({ length: 24 }, (_, index) => index + 1);

/** The habits after which every byte is as it was written. */
const HARMLESS: readonly Habit[] = ['torn', 'burst', 'replace', 'truncate'];

/** What looks like a command and stands in what is not typed, or not meant, in each format. */
const UNTYPED: readonly Carrier[] = ['prose', 'answer', 'thinking', 'tool-input', 'tool-result'];
const COMMON: readonly Carrier[] = [...UNTYPED, 'shell-output'];
const CARRIERS: Readonly<Record<Format, readonly Carrier[]>> = {
  'claude-code': [...COMMON, 'context', 'hook', 'pulled-back', 'replayed', 'request-log', 'subagent', 'summary'],
  codex: [...COMMON, 'context', 'hook', 'replayed', 'subagent', 'summary'],
  'codex-legacy': [...COMMON, 'context', 'hook', 'replayed', 'summary'],
  'gemini-cli': [...COMMON, 'context', 'hook', 'replayed', 'subagent', 'summary'],
  'gemini-cli-document': COMMON,
  gencode: [...UNTYPED, 'context', 'hook', 'replayed', 'subagent', 'summary'],
  'gencode-rewritten': [...UNTYPED, 'context', 'hook', 'subagent', 'summary'],
};

for (const format of formats) {
  describe(`a script of ${format}`, () => {
    it('is the same for the same seed, byte for byte', () => {
      for (const seed of SEEDS.slice(0, 4)) {
        const options = { format, seed, habits };
        assert.deepEqual(writeScript(options), writeScript(options));
      }
    });

    it('is another one for another seed, time or folder', () => {
      const options = { format, seed: 1 };
      const others = [{ seed: 2 }, { start: new Date('2027-01-01T00:00:00.000Z') }, { cwd: '/home/ann/plums' }];
      for (const other of others) {
        assert.notDeepEqual(filesOf(writeScript({ ...options, ...other })), filesOf(writeScript(options)));
      }
    });

    it('has the same files and facts with and without torn writes, bursts and rewrites', () => {
      for (const seed of SEEDS.slice(0, 8)) {
        const [plain, bent] = [writeScript({ format, seed }), writeScript({ format, seed, habits: HARMLESS })];
        assert.notDeepEqual(bent.steps, plain.steps);
        assert.deepEqual(filesOf(bent), filesOf(plain));
        assert.deepEqual(ledgerOf(bent.steps), ledgerOf(plain.steps));
      }
    });

    it('appends at the end of its files, always', () => {
      const disk = new Disk();
      for (const step of writeScript({ format, seed: 5, habits }).steps) {
        if (step.kind === 'append') assert.equal(step.offset, disk.read(step.path)?.length ?? 0);
        disk.apply(step);
      }
    });

    it('has commands enough, and lines that only look so in every place where they can stand', () => {
      const ledgers = SEEDS.map((seed) => ledgerOf(writeScript({ format, seed }).steps));
      const commands = ledgers.flatMap(({ said }) => said.flatMap((one) => one.commands));
      const spoofs = ledgers.flatMap((ledger) => ledger.spoofs);
      assert.ok(commands.length >= 50 && spoofs.length >= 200, `${commands.length} and ${spoofs.length}`);
      assert.deepEqual([...new Set(spoofs.map(({ carrier }) => carrier))].sort(), [...CARRIERS[format]].sort());
    });
  });
}

it('a torn write is cut within a character now and then', () => {
  const { steps } = writeScript({ format: 'codex', seed: 1, turns: 24, habits: ['torn'] });
  assert.ok(steps.some((step) => step.kind === 'append' && ((step.bytes[0] ?? 0) & 0xc0) === 0x80));
});

function filesOf({ steps }: Script): ReadonlyMap<string, string> {
  const disk = new Disk();
  for (const step of steps) disk.apply(step);
  return new Map(disk.paths().map((path) => [path, disk.read(path)?.toString('latin1') ?? '']));
}
