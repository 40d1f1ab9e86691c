/** The settings fail closed: whatever is wrong is named with its key, its line, and what would be right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { KatoError } from '../../src/core/errors.ts';

const context = { home: '/home/ada', providers: ['claude-code', 'codex', 'gemini-cli'] };

function load(...lines: readonly string[]): Config {
  return parseConfig(lines.join('\n'), '/k/config.yaml', context);
}

/** What is said of a text that is wrong: the message behind the file's name, and the hint. */
function flawOf(...lines: readonly string[]): { readonly what: string; readonly hint: string } {
  try {
    load(...lines);
  } catch (error) {
    assert.ok(error instanceof KatoError, String(error));
    assert.equal(error.code, 'config-invalid');
    assert.ok(error.message.startsWith('/k/config.yaml: '), error.message);
    assert.ok(!error.message.includes('\n'), 'one line');
    return { what: error.message.slice('/k/config.yaml: '.length), hint: error.hint ?? '' };
  }
  throw new Error('nothing was found wrong');
}

const DEFAULTS: Config = {
  version: 1,
  autoGenerateSnapshots: false,
  cleanSessionStatesOnShutdown: false,
  store: { engine: 'auto' },
  write: { roots: [], projectFolders: true },
  providers: {},
  recording: {
    preset: 'chat',
    headingTime: 'local',
    anchors: false,
    toolResultLines: 0,
    frontmatter: { enabled: true, updated: false, username: '', eventKinds: false },
  },
  commands: { enabled: true, automated: false, prefix: '', perMinute: 10 },
  logging: { operational: 'info', audit: 'info' },
};

describe('what is not written has its default', () => {
  it('everything but the version may be left out', () => assert.deepEqual(load('version: 1'), DEFAULTS));

  it('a group may be given in part', () => {
    const { recording } = load('version: 1', 'recording:', '  frontmatter: { username: ada }');
    const frontmatter = { ...DEFAULTS.recording.frontmatter, username: 'ada' };
    assert.deepEqual(recording, { ...DEFAULTS.recording, frontmatter });
  });

  it('a byte order mark and lines that end in CRLF are no fault', () => {
    assert.deepEqual(load('\ufeffversion: 1\r\nrecording:\r\n  preset: chat\r\n'), DEFAULTS);
  });
});

describe('the version', () => {
  for (const text of ['', '# only a comment', 'recording: { preset: full }']) {
    it(`is missing in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(flawOf(text), { what: '`version` is missing', hint: 'add the line `version: 1`' });
    });
  }
  for (const version of ['2', '"1"', '1.5', 'true', '[1]']) {
    it(`cannot be ${version}`, () => {
      const { what, hint } = flawOf(`version: ${version}`);
      assert.match(what, /^line 1: `version` is /);
      assert.match(hint, /`version` takes 1$/);
    });
  }
});

describe('an unknown key', () => {
  const cases: readonly [yaml: readonly string[], line: number, key: string, meant: string][] = [
    [['autogenerateSnapshot: true'], 2, 'autogenerateSnapshot', 'autoGenerateSnapshots'],
    [['store:', '  egnine: auto'], 3, 'store.egnine', 'engine'],
    [['write: { root: [/n] }'], 2, 'write.root', 'roots'],
    [['recording:', '  # how', '', '  headingtime: iso'], 5, 'recording.headingtime', 'headingTime'],
    [['recording:', '  frontmatter:', '    user: ada'], 4, 'recording.frontmatter.user', 'username'],
    [['commands: { permin: 3 }'], 2, 'commands.permin', 'perMinute'],
    [['logging:', '  adit: info'], 3, 'logging.adit', 'audit'],
    [['providers:', '  codex: { rots: [] }'], 3, 'providers.codex.rots', 'roots'],
  ];
  for (const [yaml, line, key, meant] of cases) {
    it(`${key} is found on its line, and ${meant} suggested`, () => {
      const { what, hint } = flawOf('version: 1', ...yaml);
      assert.equal(what, `line ${line}: unknown key \`${key}\``);
      assert.ok(hint.includes(`\`${meant}\``), hint);
    });
  }

  it('of a root is found too', () => {
    const { what, hint } = flawOf('version: 1', 'providers:', '  codex:', '    roots:', '      - pth: /x');
    assert.match(what, /^line 5: /);
    assert.match(`${what} ${hint}`, /providers\.codex\.roots\.0/);
  });

  it('that is like none gets the list of those that are known there', () => {
    const { hint } = flawOf('version: 1', 'logging: { colour: blue }');
    assert.equal(hint, 'known keys here: operational, audit');
  });

  for (const key of ['__proto__', 'constructor', 'toString', '7', 'true', '~']) {
    it(`\`${key}\` is unknown like any other`, () =>
      assert.match(flawOf('version: 1', `${key}: {}`).what, /^line 2: /));
  }
});

describe('a value of the wrong kind', () => {
  const cases: readonly [yaml: string, key: string, wanted: string][] = [
    ['autoGenerateSnapshots: often', 'autoGenerateSnapshots', 'true or false'],
    ['autoGenerateSnapshots: "true"', 'autoGenerateSnapshots', 'true or false'],
    ['cleanSessionStatesOnShutdown: 1', 'cleanSessionStatesOnShutdown', 'true or false'],
    ['store: sqlite', 'store', 'a group of keys'],
    ['store: { engine: postgres }', 'store.engine', 'auto or sqlite or log'],
    ['write: []', 'write', 'a group of keys'],
    ['write: { roots: ~/notes }', 'write.roots', 'a list of paths, such as `[~/notes]`'],
    ['write: { roots: [7] }', 'write.roots.0', 'a path'],
    ['write: { roots: [""] }', 'write.roots.0', 'a path'],
    ['providers: { codex: [] }', 'providers.codex', 'a group of keys'],
    ['providers: { codex: {} }', 'providers.codex.roots', 'a list of paths, such as `[~/notes]`'],
    ['providers: { codex: { roots: [7] } }', 'providers.codex.roots.0', 'a path, or `{ path: …'],
    ['recording: { toolResultLines: many }', 'recording.toolResultLines', 'a number'],
    ['recording: { toolResultLines: 1.5 }', 'recording.toolResultLines', 'a whole number of 0 or more'],
    ['recording: { toolResultLines: -1 }', 'recording.toolResultLines', 'a whole number of 0 or more'],
    ['recording: { toolResultLines: .inf }', 'recording.toolResultLines', 'a whole number of 0 or more'],
    ['recording: { frontmatter: { username: 7 } }', 'recording.frontmatter.username', 'text'],
    ['recording: { frontmatter: { eventKinds: true } }', 'recording.frontmatter.eventKinds', 'false alone: what it'],
    ['commands: { prefix: "two words" }', 'commands.prefix', 'letters, digits'],
    ['logging: { audit: loud }', 'logging.audit', 'debug or info or warn or error'],
  ];
  for (const [yaml, key, wanted] of cases) {
    it(`${yaml}`, () => {
      const { what, hint } = flawOf('version: 1', yaml);
      assert.ok(what.startsWith(`line 2: \`${key}\` is `), what);
      assert.ok(hint.startsWith(`\`${key}\` takes ${wanted}`), hint);
    });
  }

  it('a preset that is none comes with those that there are', () => {
    assert.deepEqual(flawOf('version: 1', 'recording: { preset: loud }'), {
      what: 'line 2: `recording.preset`: no preset `loud`',
      hint: 'presets: prompts, chat, full, audit',
    });
  });

  it('a key with nothing behind it is called empty', () => {
    assert.equal(flawOf('version: 1', 'recording:', '  # preset: full').what, 'line 2: `recording` is empty');
  });

  it('a file that holds no settings at all', () => {
    for (const text of ['- version: 1', 'just words', '7']) {
      const { what, hint } = flawOf(text);
      assert.match(what, /^line 1: the file does not hold settings/);
      assert.match(hint, /`version: 1`/);
    }
  });
});

describe('YAML that cannot be read', () => {
  const cases: readonly [name: string, lines: readonly string[], place: RegExp][] = [
    ['a bracket that is not closed', ['version: 1', 'write: { roots: [/a'], /^line \d, column \d+: /],
    ['a tab for indentation', ['version: 1', 'write:', '\troots: []'], /^line 3, column 1: /],
    ['a key that stands twice', ['version: 1', 'store: {}', 'store: {}'], /^line 3, column 1: /],
    ['two documents', ['version: 1', '---', 'version: 1'], /^line 2, column 1: /],
    ['a name that was never given', ['version: 1', 'write: *elsewhere'], /^line 2, column 8: /],
  ];
  for (const [name, lines, place] of cases) it(name, () => assert.match(flawOf(...lines).what, place));

  it('aliases that would fill the memory', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]`);
    assert.ok(flawOf('version: 1', 'a: &a-1 [x]', ...levels).what.length < 200);
  });
});

describe('paths', () => {
  it('may begin with the home folder as ~', () => {
    const { write, providers } = load(
      'version: 1',
      'write: { roots: [~/notes, "~", /srv/x] }',
      'providers: { codex: { roots: [~/c, { path: ~/d, autoGenerateSnapshots: true }] } }',
    );
    assert.deepEqual(write.roots, ['/home/ada/notes', '/home/ada', '/srv/x']);
    const roots = [{ path: '/home/ada/c' }, { path: '/home/ada/d', autoGenerateSnapshots: true }];
    assert.deepEqual(providers, { codex: { roots } });
  });

  it('mean the same with a slash at their end, or a detour inside', () => {
    const { write } = load('version: 1', 'write: { roots: [~/notes/, /srv//x/../y/, /] }');
    assert.deepEqual(write.roots, ['/home/ada/notes', '/srv/y', '/']);
  });

  for (const path of ['notes', './notes', '../notes', '~ada/notes', '$HOME/notes']) {
    it(`\`${path}\` is an error: it would mean another folder with every place kato is started in`, () => {
      for (const yaml of [`write: { roots: [${path}] }`, `providers: { codex: { roots: [{ path: ${path} }] } }`]) {
        const { what, hint } = flawOf('version: 1', yaml);
        assert.match(what, /^line 2: `\S+roots\.0(\.path)?` is not an absolute path$/);
        assert.match(hint, /begin.* `\/` or `~\/`/);
      }
    });
  }

  it('a lone ~ is nothing to YAML, which the hint says', () => {
    assert.match(flawOf('version: 1', 'write: { roots: [~] }').hint, /quote/);
  });
});

describe('providers', () => {
  it('an empty list of roots is kept: it switches the provider off', () => {
    assert.deepEqual(load('version: 1', 'providers: { codex: { roots: [] } }').providers, { codex: { roots: [] } });
  });

  it('a provider that does not exist is an error, with the one that was meant', () => {
    const { what, hint } = flawOf('version: 1', 'providers:', '  codex: { roots: [] }', '  cursor: { roots: [] }');
    assert.equal(what, 'line 4: `providers.cursor`: no such provider');
    assert.equal(hint, 'known providers: claude-code, codex, gemini-cli');
    assert.match(flawOf('version: 1', 'providers: { codx: { roots: [] } }').hint, /did you mean `codex`\?/);
    assert.match(flawOf('version: 1', 'providers: { claude: { roots: [] } }').hint, /`claude-code`/);
  });
});
