import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LogLevel } from '../../src/core/ports.ts';
import { createFileLogger } from '../../src/platform/logger.ts';
import { temporaryFolder } from '../support/derive.ts';
import { giveAway, withoutPrivileges } from '../support/unprivileged.ts';

type Context = { after(fn: () => void): void };

const clock = { now: () => '2026-11-21T03:17:02.100Z', monotonicMs: () => 0 };
const ROTATED_AT = 5 * 1024 * 1024;

function logger(t: Context, least: LogLevel = 'info', folder = temporaryFolder(t)) {
  const file = join(folder, 'logs', 'audit.jsonl');
  const log = createFileLogger({ file, least, clock, userHome: '/home/ada' });
  const lines = () =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { folder, file, log, lines };
}

describe('a log', () => {
  it('is one object a line, with its time, level and event first', (t) => {
    const { file, log } = logger(t);
    log.log('info', 'export.done', { events: 3, format: 'markdown' });
    log.log('warn', 'write.denied');
    assert.equal(
      readFileSync(file, 'utf8'),
      '{"time":"2026-11-21T03:17:02.100Z","level":"info","event":"export.done","events":3,"format":"markdown"}\n' +
        '{"time":"2026-11-21T03:17:02.100Z","level":"warn","event":"write.denied"}\n',
    );
  });

  it('is for its user alone, in a folder that is too', (t) => {
    const { file, log } = logger(t);
    log.log('info', 'a');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  });

  it("writes the user's home as ~, wherever it stands, and no other folder", (t) => {
    const { log, lines } = logger(t);
    log.log('info', 'a', { path: '/home/ada/notes/x.md', home: '/home/ada', both: '/home/ada/a:/home/ada/b' });
    log.log('info', 'a', { other: '/home/adam/x.md' });
    const [{ path, home, both }, { other }] = lines();
    assert.deepEqual([path, home, both, other], ['~/notes/x.md', '~', '~/a:~/b', '/home/adam/x.md']);
  });

  it('cannot be made to begin another line', (t) => {
    const { log, lines } = logger(t);
    log.log('info', 'a', { path: '/w/x\n{"event":"forged"}\u2028.md' });
    assert.equal(lines().length, 1);
  });

  it('leaves out what is not known', (t) => {
    const { log, lines } = logger(t);
    log.log('info', 'a', { session: undefined, events: 0 });
    assert.deepEqual(Object.keys(lines()[0]), ['time', 'level', 'event', 'events']);
  });
});

describe('the level of a log', () => {
  const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
  for (const [index, least] of LEVELS.entries()) {
    it(`${least}: nothing below it is written`, (t) => {
      const { log, lines } = logger(t, least);
      for (const level of LEVELS) log.log(level, level);
      assert.deepEqual(
        lines().map(({ event }) => event),
        LEVELS.slice(index),
      );
    });
  }
});

describe('a log that has become large', () => {
  it('is put aside, and no more of them are kept than a few', (t) => {
    const { file, log, lines } = logger(t);
    for (let round = 1; round <= 7; round++) {
      log.log('info', `round ${round}`);
      writeFileSync(file, `${readFileSync(file, 'utf8')}${'x'.repeat(ROTATED_AT)}`);
    }
    log.log('info', 'now');
    assert.deepEqual(
      lines().map(({ event }) => event),
      ['now'],
    );
    const names = readdirSync(join(file, '..')).sort();
    assert.deepEqual(names, ['audit.jsonl', ...[1, 2, 3, 4].map((number) => `audit.jsonl.${number}`)]);
    assert.match(readFileSync(`${file}.1`, 'utf8').slice(0, 100), /"round 7"/, 'the newest is the first');
    assert.match(readFileSync(`${file}.4`, 'utf8').slice(0, 100), /"round 4"/);
  });
});

describe('a log that cannot be written', () => {
  it('stops nobody: the work is worth more', async (t) => {
    const folder = temporaryFolder(t);
    const { log } = logger(t, 'info', folder);
    giveAway(folder);
    chmodSync(folder, 0o555);
    await withoutPrivileges(() => log.log('error', 'a'));
    assert.deepEqual(readdirSync(folder), []);
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'logs', 'audit.jsonl'), { recursive: true });
    log.log('error', 'a');
  });
});
