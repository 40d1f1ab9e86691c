/** Rules of this repository that no other tool checks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commandVerbs } from '../../src/core/command-line.ts';
import { providers } from '../../src/providers/registry.ts';
import { parseCommands } from '../../src/record/commands.ts';
import { presetNames } from '../../src/record/formats/presets.ts';
import { formats } from '../../src/record/formats/registry.ts';
import { viewSwitches } from '../../src/record/view.ts';
import { outputs } from '../../src/surfaces/cli/json.ts';
import { commands } from '../../src/surfaces/cli/program.ts';

const CODE = ['src', 'test', 'scripts', 'bin', 'docs/examples'];
const MOST_LINES = 400;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const code = CODE.flatMap(filesBelow).filter((file) => /\.(?:ts|js)$/.test(file));
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  ...filesBelow('docs').filter((file) => file.endsWith('.md')),
];

describe('the house', () => {
  it(`has no file of code above ${MOST_LINES} lines`, () => {
    const long = code.filter((file) => readFileSync(file, 'utf8').split('\n').length > MOST_LINES);
    assert.deepEqual(long, []);
  });

  it('has a README for each provider, and lists every folder of one', () => {
    const folders = readdirSync('src/providers', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
      .map(({ name }) => name);
    assert.deepEqual(providers.map(({ id }) => id).sort(), folders.sort());
    for (const folder of folders)
      assert.ok(readFileSync(`src/providers/${folder}/README.md`, 'utf8').length > 500, folder);
  });

  it('gives every provider and every format a test', () => {
    for (const { id } of providers) readFileSync(`test/providers/${id}.test.ts`);
    for (const id of Object.keys(formats)) readFileSync(`test/record/formats/${id}.test.ts`);
  });

  it('says what every golden case is about', () => {
    for (const { id } of providers) {
      for (const name of readdirSync(`test/fixtures/${id}`)) {
        assert.notEqual(readFileSync(`test/fixtures/${id}/${name}/README.md`, 'utf8').trim(), '', `${id}/${name}`);
      }
    }
  });

  it('names every command in the README, and every one that prints data in the schema', () => {
    const readme = readFileSync('README.md', 'utf8');
    for (const name of Object.keys(commands)) assert.match(readme, new RegExp(`\\bkato ${name}\\b`), name);
    const silent = ['init', 'show', 'demo', 'completion', 'config', 'service'];
    const printing = Object.keys(commands).filter((name) => !silent.includes(name));
    for (const name of printing) assert.ok(Object.hasOwn(outputs, name), name);
  });

  it('has a page of all that can be typed in a chat, and `kato help commands` names the verbs', () => {
    const page = readFileSync('docs/commands.md', 'utf8');
    const [, examples = ''] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
    const parsed = parseCommands(examples);
    assert.equal(parsed.length, examples.trim().split('\n').length);
    for (const one of parsed) assert.ok('command' in one, one.text);
    const help = readFileSync('src/surfaces/cli/commands/commands.ts', 'utf8');
    for (const verb of commandVerbs) for (const text of [page, help]) assert.ok(text.includes(`::${verb}`), verb);
    for (const verb of commandVerbs) if (verb !== 'start') assert.ok(examples.includes(`::${verb}`), verb);
    for (const preset of presetNames) assert.ok(page.includes(`preset:${preset}`), preset);
    for (const name of viewSwitches) assert.ok(page.includes(`\`${name}\``), name);
  });

  it('has a README that fits a terminal of 120 columns', () => {
    const wide = readFileSync('README.md', 'utf8')
      .split('\n')
      .filter((line) => line.length > 120);
    assert.deepEqual(wide, []);
  });

  it('gives each decision a number of its own', () => {
    const numbers = readdirSync('docs/decisions').map((name) => name.slice(0, 4));
    assert.deepEqual(numbers, [...new Set(numbers)]);
  });

  it('links only to pages that exist', () => {
    for (const page of pages) {
      for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
        assert.ok(existsSync(join(page, '..', target)), `${page} links to ${target}`);
      }
    }
  });

  it('holds no path of a machine, and no address in the lock file', () => {
    const tracked = spawnSync('git', ['ls-files'], { encoding: 'utf8' }).stdout.trim().split('\n');
    const texts = tracked.filter(
      (file) => /\.(?:ts|js|md|json|yml|yaml|cjs)$/.test(file) && !file.startsWith('test/fixtures/'),
    );
    const home = homedir();
    for (const file of texts) assert.ok(home.length < 4 || !readFileSync(file, 'utf8').includes(home), file);
    assert.doesNotMatch(readFileSync('package-lock.json', 'utf8'), /"resolved"/);
  });

  it('needs nothing at run time: the package has no dependencies', () => {
    assert.equal(JSON.parse(readFileSync('package.json', 'utf8')).dependencies, undefined);
  });
});
