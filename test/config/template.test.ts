/** The config that `kato init` writes says what the defaults are, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocument, visit } from 'yaml';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { configTemplate, type TemplateChoices } from '../../src/config/template.ts';

function load(text: string): Config {
  return parseConfig(text, 'config.yaml', { home: '/home/ada', providers: ['claude-code', 'codex', 'gemini-cli'] });
}

const written = (choices: Partial<TemplateChoices> = {}) =>
  configTemplate({ keepAll: false, writeRoots: [], ...choices });

describe('the template', () => {
  it('is what kato does without it', () => assert.deepEqual(load(written()), load('version: 1')));

  it('carries the choices', () => {
    const { autoGenerateSnapshots, write } = load(written({ keepAll: true, writeRoots: ['~/notes', '/srv/log'] }));
    assert.equal(autoGenerateSnapshots, true);
    assert.deepEqual(write.roots, ['/home/ada/notes', '/srv/log']);
  });

  it('is right whatever a folder is called', () => {
    for (const name of ['a "b"', "it's", 'x: y # z', '[', 'tab\there', 'zwei\nzeilen', 'Ünï', '\u2028', '*a', '{{}}']) {
      assert.deepEqual(load(written({ writeRoots: [`/n/${name}`] })).write.roots, [`/n/${name}`]);
    }
  });

  it('stays right when its examples are taken into force', () => {
    const { providers } = load(written().replace(/^# (?=providers:| {2}claude-code:)/gm, ''));
    assert.deepEqual(providers['claude-code']?.roots, [
      { path: '/home/ada/.claude/projects', autoGenerateSnapshots: true },
    ]);
  });

  it('explains each choice, and fits a terminal of 120 columns', () => {
    const lines = written().split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 120),
      [],
    );
    let keys = 0;
    visit(parseDocument(written()), { Pair: () => void keys++ });
    assert.ok(keys >= 20, 'every setting but the engine can be seen');
  });
});
