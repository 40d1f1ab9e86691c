/** One setting is changed, and not a byte beside it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { setInConfig } from '../../src/config/edit.ts';
import { configTemplate } from '../../src/config/template.ts';
import { KatoError } from '../../src/core/errors.ts';

const TEMPLATE = configTemplate({ keepAll: false, writeRoots: ['~/notes'] });

/** Joined lines, each with its end. */
const text = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('a key that stands in the file', () => {
  const changes: readonly [key: string, value: string, from: string, to: string][] = [
    ['autoGenerateSnapshots', 'true', 'autoGenerateSnapshots: false', 'autoGenerateSnapshots: true'],
    ['recording.preset', 'full', 'preset: chat          # prompts', 'preset: full          # prompts'],
    ['recording.toolResultLines', '40', 'toolResultLines: 0    # 0', 'toolResultLines: 40    # 0'],
    ['recording.frontmatter.username', 'ada', "username: '', eventKinds", 'username: ada, eventKinds'],
    ['commands.prefix', '"true"', "prefix: '', perMinute", 'prefix: "true", perMinute'],
    ['commands.prefix', '', "prefix: '', perMinute", 'prefix: "", perMinute'],
    ['write.roots', '[~/a, "/b c"]', 'roots: ["~/notes"]', 'roots: [~/a, /b c]'],
    ['write.roots', '[]', 'roots: ["~/notes"]', 'roots: []'],
    ['logging', '{operational: warn}', '{ operational: info, audit: info }', '{operational: warn}'],
  ];
  for (const [key, value, from, to] of changes) {
    it(`${key} ${value}`, () => {
      assert.equal(TEMPLATE.split(from).length, 2, 'stands once');
      assert.equal(setInConfig(TEMPLATE, key, value), TEMPLATE.replace(from, to));
    });
  }

  it('may be a list on lines of its own, which it stays', () => {
    const before = text(
      'version: 1',
      'write:',
      '  roots:',
      '    - ~/a # first',
      '    - ~/b',
      '',
      '  # last',
      'store: {}',
    );
    const after = text('version: 1', 'write:', '  roots:', '    - ~/c', '    - ~/d', '', '  # last', 'store: {}');
    assert.equal(setInConfig(before, 'write.roots', '[~/c, ~/d]'), after);
    assert.deepEqual(parse(setInConfig(before, 'write.roots', '[]')).write.roots, []);
  });

  it('may be a group on lines of its own', () => {
    const before = text('version: 1', 'logging:', '  audit: warn', '', '# the end');
    const changed = setInConfig(before, 'logging', '{audit: error}');
    assert.deepEqual(parse(changed), { version: 1, logging: { audit: 'error' } });
    assert.ok(changed.startsWith('version: 1\n') && changed.endsWith('\n\n# the end\n'), changed);
  });

  it('may have nothing behind it yet', () => {
    const before = text('version: 1', 'write:', '  roots:   # where', 'store:', '');
    const changed = setInConfig(before, 'write.roots', '[/n]');
    assert.equal(changed, before.replace('roots:   # where', 'roots: [/n]   # where'));
    assert.equal(setInConfig(before, 'store.engine', 'log'), before.replace('store:', 'store: {engine: log}'));
  });

  it('may hold text over several lines', () => {
    const before = text('version: 1', 'commands:', '  prefix: >-', '    long', '    word', '  perMinute: 3 # few');
    const after = text('version: 1', 'commands:', '  prefix: short', '  perMinute: 3 # few');
    assert.equal(setInConfig(before, 'commands.prefix', 'short'), after);
  });
});

describe('a key that does not stand there', () => {
  it('is added at the end of its group', () => {
    const before = text('version: 1 # yes', '', 'recording:', '    preset:   full  # mine', '', '# and', 'store: { }');
    const line = '    preset:   full  # mine\n';
    assert.equal(
      setInConfig(before, 'recording.headingTime', 'iso'),
      before.replace(line, `${line}    headingTime: iso\n`),
    );
  });

  it('is added inside braces', () => {
    const before = text(
      'version: 1',
      'commands: { enabled: true }  # so',
      'store: {}',
      'logging: {audit: info,',
      '  }',
    );
    assert.equal(
      setInConfig(before, 'commands.perMinute', '3'),
      before.replace('enabled: true }', 'enabled: true, perMinute: 3 }'),
    );
    assert.equal(setInConfig(before, 'store.engine', 'log'), before.replace('{}', '{ engine: log }'));
    assert.deepEqual(parse(setInConfig(before, 'logging.operational', 'warn')).logging, {
      audit: 'info',
      operational: 'warn',
    });
  });

  it('brings the groups that it stands in', () => {
    assert.equal(
      setInConfig('version: 1', 'recording.frontmatter.username', 'ada'),
      text('version: 1', 'recording: {frontmatter: {username: ada}}').trimEnd(),
    );
    assert.equal(
      setInConfig(text('version: 1', '# end'), 'providers.codex', '{roots: []}'),
      text('version: 1', 'providers: {codex: {roots: []}}', '# end'),
    );
  });

  it('is added to the template without touching anything else', () => {
    for (const [key, value] of [
      ['recording.anchors', 'true'],
      ['store.engine', 'log'],
      ['providers.codex', '{roots: []}'],
    ] as const) {
      const lines = setInConfig(TEMPLATE, key, value).split('\n');
      const kept = lines.filter((line) => TEMPLATE.split('\n').includes(line));
      assert.deepEqual(kept, TEMPLATE.split('\n'), key);
      assert.equal(lines.length, TEMPLATE.split('\n').length + 1, key);
    }
  });

  it('keeps line ends as they are', () => {
    const windows = 'version: 1\r\nrecording:\r\n  preset: full\r\nstore: {}\r\n';
    assert.equal(
      setInConfig(windows, 'recording.anchors', 'true'),
      windows.replace('full\r\n', 'full\r\n  anchors: true\r\n'),
    );
  });
});

describe('the value', () => {
  it('is written so that it is read as what was meant', () => {
    for (const value of [
      'it’s',
      'a: b',
      'x # y',
      '- z',
      '007',
      'yes',
      '{',
      '*',
      '"',
      "'",
      ' pad ',
      '',
      'ü',
      'two\nlines',
    ]) {
      const changed = setInConfig(TEMPLATE, 'recording.frontmatter.username', JSON.stringify(value));
      assert.equal(parse(changed).recording.frontmatter.username, value);
      const added = setInConfig('version: 1\n', 'recording.frontmatter.username', JSON.stringify(value));
      assert.equal(parse(added).recording.frontmatter.username, value);
    }
  });

  const refused: readonly [value: string, why: RegExp][] = [
    ['[~/a', /cannot read the value as YAML/],
    ['a: b: c', /cannot read the value as YAML/],
    ['name # not a comment', /a comment/],
    ['*x', /cannot read the value as YAML/],
  ];
  for (const [value, why] of refused) {
    it(`\`${value}\` is refused rather than guessed at`, () => {
      const isUsage = (error: unknown) =>
        error instanceof KatoError && error.code === 'usage' && why.test(error.message) && error.hint !== undefined;
      assert.throws(() => setInConfig(TEMPLATE, 'recording.frontmatter.username', value), isUsage);
    });
  }

  it('cannot stand below something that is no group', () => {
    assert.throws(
      () => setInConfig(TEMPLATE, 'version.major', '2'),
      (error) => error instanceof KatoError && error.code === 'usage' && /`version` is no group/.test(error.message),
    );
  });
});
