/** What is a command, what is a mistake, and what is prose. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ChatCommand, parseCommands } from '../../src/record/commands.ts';

/** Each command of a text in short: its line, and what it asks for or what is wrong with it. */
function said(text: string, prefix = ''): unknown[] {
  return parseCommands(text, { prefix }).map((one) => [one.line, 'command' in one ? one.command : `! ${one.error}`]);
}

function only(text: string): ChatCommand {
  const [one, ...others] = parseCommands(text);
  assert.ok(one && others.length === 0, `${others.length + 1} commands in ${JSON.stringify(text)}`);
  return one;
}

const asked = (text: string) => {
  const one = only(text);
  return 'command' in one ? one.command : one.error;
};
const wrong = (text: string) => {
  const one = only(text);
  return 'error' in one ? one.error : assert.fail(`${text} is taken`);
};

describe('a command line', () => {
  it('is a verb with what it needs', () => {
    assert.deepEqual(asked('::init'), { verb: 'init' });
    assert.deepEqual(asked('::init notes/a.md'), { verb: 'init', dest: 'notes/a.md' });
    assert.deepEqual(asked('::record'), { verb: 'record', options: {} });
    assert.deepEqual(asked('::start notes/a.md'), { verb: 'record', dest: 'notes/a.md', options: {} });
    assert.deepEqual(asked('::capture /tmp/a.md'), { verb: 'capture', dest: '/tmp/a.md', options: {} });
    assert.deepEqual(asked('::export ~/a.jsonl'), { verb: 'export', dest: '~/a.jsonl', options: {} });
    assert.deepEqual(asked('::stop'), { verb: 'stop' });
  });

  it('may be written in any case, with white space around it', () => {
    for (const text of ['::RECORD', '  ::Record  ', '   ::record\t', 'hello\r\n::record\r\nbye', '\r::record'])
      assert.deepEqual(asked(text), { verb: 'record', options: {} }, text);
  });

  it('stands anywhere in a message, and several are read in order', () => {
    const text = 'Please begin.\n::record a.md\nand then\n\n::stop\n::export b.md';
    assert.deepEqual(said(text), [
      [1, { verb: 'record', dest: 'a.md', options: {} }],
      [4, { verb: 'stop' }],
      [5, { verb: 'export', dest: 'b.md', options: {} }],
    ]);
  });

  for (const [story, text] of [
    ['four spaces before it', '    ::record'],
    ['a tab before it', '\t::record'],
    ['words before it', 'then ::record'],
    ['a quote mark before it', '> ::record'],
    ['a list mark before it', '- ::record'],
    ['inline code around it', '`::record`'],
    ['a fence around it', '```\n::record\n```'],
    ['a fence with a language around it', '```sh title="x"\n::record\n```'],
    ['a fence of tildes around it', '~~~\n::record\n~~~'],
    ['a longer fence around a shorter one', '````\n```\n::record\n```\n::record\n````'],
    ['a fence of the other kind inside', '```\n~~~\n::record\n~~~\n::record'],
    ['a fence in a list around it', '- x\n\n      ```\n::record\n      ```'],
    ['a fence behind an empty item that a blank line has ended', '-\n\n   ```\n   x\n::record'],
    ['a fence that nobody closes above it', 'look:\n```\n::record\n::stop'],
    ['inline code that begins above and ends below', 'see `this\n::record\nthat` here'],
    ['inline code that ends in its line', 'explain `foo\n::record a.md`'],
    ['inline code that ends in its line, and more', 'explain `foo\n::record a.md` and `bar`'],
    ['inline code behind a stroke that opens none', 'a \\` b `c\n::record\nd` e'],
    ['inline code below a heading with a mark', 'a ` b\n# c\nd `e\n::record\nf` g'],
    ['inline code that goes on from an item', '- see `this\n::record\nthat`'],
    ...['-', '*', '+', '1.', '1)', '12.', '-\t'].map(
      (mark) => [`a fence in an item of ${mark} around it`, `${mark} \`\`\`sh\n   ::record\n   \`\`\``] as const,
    ),
    ['a fence in an item around it, less far in', '- ```\n::record\n  ```'],
    ['a fence behind the words of an item', '1. so:\n   ~~~\n   ::record\n   ~~~'],
    ['a fence in an item of an item around it', '- * ```\n   ::record\n    ```'],
    ['a fence in an item that has ended', '- ```\n\n```\n::record\n```'],
    ['a fence that only numbers look like above it', 'words\n2. ```\n  ::record\n   ```'],
    ['a fence in a quote in an item around it', '- > ```\n  > ::record\n  > ```'],
    ['a fence that is not closed four columns in', '```\n    ```\n::record\n```'],
    ['a fence that is not closed behind a tab', '```\n\t```\n::record\n```'],
    ['a fence that is not closed far into an item', '- ```\n      ```\n  ::record\n  ```'],
    ['a fence that is none above the fence', '    ```\nwords\n```\n::record\n```'],
    ['one colon', ':record'],
    ['a space after the colons', ':: record'],
    ['three colons', ':::record'],
    ['wide colons', '：：record'],
    ['an invisible character before it', '\u200b::record'],
    ['a byte order mark before it', '\ufeff::record'],
    ['nothing after the colons', '::'],
    ['a line separator instead of a line end', 'x\u2028::record'],
  ] as const) {
    it(`is not one with ${story}`, () => assert.deepEqual(said(text), []));
  }

  it('is one again behind a fence, and behind code that ends before it', () => {
    assert.deepEqual(said('```\n::stop\n```\n::record'), [[3, { verb: 'record', options: {} }]]);
    assert.deepEqual(said('use `a\nb`\n::record'), [[2, { verb: 'record', options: {} }]]);
    assert.deepEqual(said('it`s fine\n::record `a.md`'), [[1, { verb: 'record', dest: 'a.md', options: {} }]]);
    assert.deepEqual(said('an open ` here\n\n::record\n\nand ` there'), [[2, { verb: 'record', options: {} }]]);
  });

  for (const [story, text] of [
    ['a list', '- one\n- two\n::record'],
    ['a list, and a blank line', '1. one\n   * two\n\n::record'],
    ['an item with a fence', 'see:\n- ```sh\n  ::stop\n  ```\n::record\nthanks'],
    ['a numbered item with a fence', '1. ```\n   ::stop\n   ```\n::record'],
    ['an item of an item with a fence', '- * ~~~\n    ::stop\n    ~~~\n::record'],
    ['an item with a fence that nobody closes', '- ```\n  code\n\n::record'],
    ['a quote with a fence that nobody closes', '> ```\n> code\n\n::record'],
    ['a quote', '> ::stop\n::record'],
    ['a fence that is closed three columns in', '```\n::stop\n   ```\n::record'],
    ['a fence with one in it that is too far in', '```\n\t```\n::stop\n```\n::record'],
    ['two marks four columns in', '    ```\n    code\n    ```\n::record'],
    ['indented code', 'so:\n\n    ::stop\n\n::record'],
    ['backticks in one line', 'use ```code``` and `more`\n::record'],
    ['a heading with a backtick, above another', '# it`s\n::record\nit`s'],
    ['an item with a backtick, above another', '- it`s\n::record\n- it`s'],
    ['a backtick behind a stroke', 'a \\` b\n::record\nc`'],
  ] as const) {
    it(`is one behind ${story}`, () => {
      assert.deepEqual(asked(text), { verb: 'record', options: {} });
    });
  }

  it('keeps its own backticks, whatever stands above', () => {
    const record = (dest: string, options = {}) => ({ verb: 'record', dest, options });
    assert.deepEqual(asked('use `x` and\n::record `my file.md`\nand `y`'), record('my file.md'));
    assert.deepEqual(asked('it`s\n::record @`a.md` +tools'), record('a.md', { switches: { tools: true } }));
    assert.deepEqual(said('see ``this\n::record `a.md`\nthat``'), []);
  });

  it('needs the word of the settings, if there is one', () => {
    assert.deepEqual(said('::record a.md', 'kato'), []);
    assert.deepEqual(said('::kato record a.md', 'kato'), [[0, { verb: 'record', dest: 'a.md', options: {} }]]);
    assert.deepEqual(said('::KATO stop\n::kato', 'kato'), [[0, { verb: 'stop' }]]);
    assert.match(String(said('::kato recrod', 'kato')[0]), /did you mean ::record/);
  });
});

describe('a destination', () => {
  for (const [text, dest] of [
    ['"my notes/a.md"', 'my notes/a.md'],
    ["'my notes/a.md'", 'my notes/a.md'],
    ['`my notes/a.md`', 'my notes/a.md'],
    ['@notes/a.md', 'notes/a.md'],
    ['@"my notes/a.md"', 'my notes/a.md'],
    ['my\\ notes/a.md', 'my notes/a.md'],
    ['[today](notes/a.md)', 'notes/a.md'],
    ['[my notes](my%20notes/a.md)', 'my notes/a.md'],
    ['[x](<my notes/a.md>)', 'my notes/a.md'],
    ['[x](a_(1).md)', 'a_(1).md'],
    ['[100%](100%.md)', '100%.md'],
    ['notes/', 'notes/'],
    ['"-thinking"', '-thinking'],
    ['../a.md', '../a.md'],
    ["it's.md", "it's.md"],
  ] as const) {
    it(`is unwrapped: ${text}`, () => {
      assert.deepEqual(asked(`::record ${text}`), { verb: 'record', dest, options: {} });
    });
  }

  it('is one', () => {
    assert.match(wrong('::record my notes.md'), /more than one path/);
    assert.match(wrong('::record ""'), /empty path/);
    assert.match(wrong('::record "a.md'), /quote is not closed/);
    assert.match(wrong('::record https://example.com/a.md'), /a path is needed/);
    assert.match(wrong('::export'), /needs a destination/);
    assert.match(wrong('::export +tools'), /needs a destination/);
  });
});

describe('options', () => {
  it('switch parts on and off, choose a preset, and cut to the last turns', () => {
    assert.deepEqual(asked('::capture a.md preset:full -tools +System last:3 +overwrite'), {
      verb: 'capture',
      dest: 'a.md',
      options: { preset: 'full', switches: { tools: false, system: true }, last: 3, overwrite: true },
    });
    assert.deepEqual(asked('::record +thinking'), { verb: 'record', options: { switches: { thinking: true } } });
    assert.deepEqual(asked('::record -thinking +thinking'), {
      verb: 'record',
      options: { switches: { thinking: true } },
    });
  });

  it('are known ones', () => {
    assert.match(wrong('::record a.md +thoughts'), /no option \+thoughts; options: \+overwrite \+user/);
    assert.match(
      wrong('::record a.md +subagents'),
      /a line for each sub-agent; `kato export SESSION --with subagents`/,
    );
    assert.match(wrong('::record preset:loud'), /no preset loud; presets: prompts, chat, full, audit/);
    assert.match(wrong('::capture last:0'), /needs a number/);
    assert.match(wrong('::record last:3'), /for capture and export/);
    assert.match(wrong('::init +tools'), /takes no options/);
    assert.match(wrong('::stop +tools'), /takes no options/);
  });
});

describe('what to stop', () => {
  for (const [text, target] of [
    ['abcd', { by: 'either', text: 'abcd' }],
    ['id:abcd', { by: 'id', text: 'abcd' }],
    ['ID:abcd', { by: 'id', text: 'abcd' }],
    ['dest:notes/a.md', { by: 'dest', text: 'notes/a.md' }],
    ['dest:"my notes/a.md"', { by: 'dest', text: 'my notes/a.md' }],
    ['dest:@notes/a.md', { by: 'dest', text: 'notes/a.md' }],
  ] as const) {
    it(`is named: ${text}`, () => assert.deepEqual(asked(`::stop ${text}`), { verb: 'stop', target }));
  }
});

describe('a mistake', () => {
  for (const [text, meant] of [
    ['::recrod a.md', 'record'],
    ['::captur', 'capture'],
    ['::exprot a.md', 'export'],
    ['::stpo', 'stop'],
    ['::rеcord', 'record'], // With a Cyrillic letter in it.
  ] as const) {
    it(`is told when it is nearly a verb: ${text}`, () => assert.match(wrong(text), new RegExp(`::${meant}\\?`)));
  }
  it('is told when something else than a space follows the verb', () => {
    for (const text of ['::stop.', '::record:a.md', '::record\u00a0a.md', '::export/a.md']) {
      assert.match(wrong(text), /a space must follow/, text);
    }
  });
  it('does not undo the lines before and behind it', () => {
    assert.deepEqual(said('::record a.md\n::recrod\n::stop').length, 3);
  });
  for (const text of [
    '::note to self',
    '::before',
    '::after',
    '::part(x)',
    '::std',
    '::marker',
    '::cue',
    '::1',
    '::-x',
  ])
    it(`is not what is prose: ${text}`, () => assert.deepEqual(said(text), []));
});

describe('laws', () => {
  it('never throws, and gives lines in order', () => {
    const piece = fc.constantFrom(
      '::record',
      '::stop',
      '`',
      '```',
      '~~~',
      '\n',
      '\r\n',
      ' ',
      '"',
      '(',
      '[x](',
      'a',
      '>',
      '@',
      ':',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const lines = parseCommands(pieces.join('')).map(({ line }) => line);
        assert.deepEqual(
          lines,
          [...new Set(lines)].sort((a, b) => a - b),
        );
      }),
      { numRuns: 2000 },
    );
  });
  it('comes to an end on deep nesting and endless fences', () => {
    const deep = `${'- '.repeat(100_000)}x\n${'\n'.repeat(100_000)}${'> '.repeat(100_000)}\n::stop`;
    assert.equal(parseCommands(deep).length, 1);
    assert.equal(parseCommands(`- \`\`\`\n${'x\n'.repeat(300_000)}\`\`\`\n::stop`).length, 0);
  });
  it('comes to an end on long lines of marks', () => {
    const runs = Array.from({ length: 2000 }, (_, n) => `x${'`'.repeat(1 + (n % 199))}`).join('');
    const text = `x${runs}\n::record ${'"'.repeat(20_000)}\n${'[x]('.repeat(20_000)}\n::record ${'[x]('.repeat(20_000)}`;
    assert.ok(parseCommands(text).length > 0);
  });
});
