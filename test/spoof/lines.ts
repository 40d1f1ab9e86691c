/**
 * Command lines, each with a destination of its own: so many that are meant, and any number that only look so. A file of
 * the latter is called `spoof-…` and must never come into being; what a `::stop` among them would end goes on.
 */
import type { Random } from '../bench/random.ts';
import { sentence } from '../bench/words.ts';

export interface Meant {
  /** The message as it is typed. */
  readonly text: string;
  /** Its commands, as kato names them. */
  readonly lines: readonly string[];
  /** The files that must come into being, below the person's home. */
  readonly files: readonly string[];
}

/** Where destinations lie, below the person's home, and where the agent works. */
export interface Folders {
  readonly home: string;
  readonly notes: string;
  readonly work: string;
}

/** So many commands that a person means, in every way of writing them, several in a message here and there. */
export function meantMessages(random: Random, folders: Folders, count: number): readonly Meant[] {
  const messages: Meant[] = [];
  let commands = 0;
  for (let form = 0; commands < count; form++) {
    const write = FORMS[form % FORMS.length];
    const message = write?.({
      random,
      folders,
      name: (suffix) => `meant-${commands++}${suffix}`,
      stop: () => commands++,
    });
    if (message) messages.push(message);
  }
  return messages;
}

interface Writing {
  readonly random: Random;
  readonly folders: Folders;
  readonly name: (suffix: string) => string;
  readonly stop: () => void;
}

type Form = (writing: Writing) => Meant;

/** One command to a file of its own: how the destination is written, and what stands around the line. */
function form(
  verb: string,
  spell: (path: string, folders: Folders) => string,
  frame: (line: string, random: Random) => string = (line) => line,
  suffix = '.md',
): Form {
  return ({ random, folders, name }) => {
    const file = `${folders.notes}/${name(suffix)}`;
    const line = `::${verb} ${spell(file, folders)}`;
    return { text: frame(line, random), lines: [line.trim()], files: [file] };
  };
}

const absolute = (file: string, { home }: Folders) => `${home}/${file}`;
const plain = (file: string) => `~/${file}`;
const relative = (file: string, { notes, work }: Folders) => `${work === notes ? '.' : '..'}/${file}`;
const quoted = (mark: string) => (file: string, folders: Folders) => `${mark}${absolute(file, folders)}${mark}`;
const before = (line: string, random: Random) => `${sentence(random, 6)}\n${line}`;
const within = (line: string, random: Random) => `${sentence(random, 6)}\n\n${line}\n${sentence(random, 6)}`;
const inCrlf = (line: string, random: Random) => within(line, random).replaceAll('\n', '\r\n');
const below = (text: string) => (line: string) => `${text}\n${line}\nand on`;

const FORMS: readonly Form[] = [
  form('record', absolute),
  form('capture', absolute, before),
  form('export', absolute, within),
  form('init', absolute),
  form('start', plain, inCrlf),
  form('RECORD', plain),
  form('Capture', plain, (line) => `   ${line}\nplease`),
  form('export', plain, (line, random) => `${sentence(random, 3)}\r${line}`),
  form('record', relative, within),
  form('capture', relative),
  form('record', quoted('"')),
  form('capture', quoted("'"), before),
  form('export', quoted('`'), within),
  form('record', quoted('"'), inCrlf, ' with spaces.md'),
  form('export', (file, folders) => absolute(file, folders).replaceAll(' ', '\\ '), before, ' with more.md'),
  form('capture', (file, folders) => `[the notes](${absolute(file, folders)})`),
  form('record', (file, folders) => `[x](<${absolute(file, folders)}>)`, within, ' in a link.md'),
  form('record', (file, folders) => `@${absolute(file, folders)}`, before),
  form('capture', (file, folders) => `${absolute(file, folders)} +thinking -tools`),
  form('record', (file, folders) => `${absolute(file, folders)} preset:full`, within),
  form('capture', (file, folders) => `${absolute(file, folders)} last:2`, before),
  form('export', (file, folders) => `+tools ${absolute(file, folders)}`),
  form('record', absolute, before, '.jsonl'),
  form('capture', absolute, within, '.markdown'),
  form('record', absolute, (line) => `${line}   \n\n`, '-Grüße 数.md'.replace(' ', '')),
  form('record', absolute, below('```ts\nconst a = 1;\n```')),
  form('capture', absolute, below('> somebody said:\n> ::stop\n')),
  form('export', absolute, below('it`s `::stop` that I do not mean')),
  form('record', absolute, below('~~~\n::stop\n~~~')),
  form('capture', absolute, below('- one\n- two')),
  form('record', absolute, below('1. so:\n   ```sh\n   ::stop\n   ```\n')),
  form('export', absolute, below('- * ~~~\n    ::stop\n    ~~~')),
  form('record', absolute, below('```\n\t```\n::stop\n```')),
  form('capture', quoted('`'), below('it`s')),
  form('capture', absolute, (line, random) => `${sentence(random, 2000)}\n${line}`),
  // Two in a message; and one that ends what another has begun.
  ({ random, folders, name }) => {
    const files = [name('.md'), name('.md')].map((file) => `${folders.notes}/${file}`);
    const lines = files.map((file) => `::record ${absolute(file, folders)}`);
    return { text: lines.join(`\n${sentence(random, 4)}\n`), lines, files };
  },
  ({ random, folders, name, stop }) => {
    const file = `${folders.notes}/${name('.md')}`;
    stop();
    const lines = [`::record ${absolute(file, folders)}`, `::stop dest:${absolute(file, folders)}`];
    return { text: lines.join(`\n${sentence(random, 4)}\n`), lines, files: [file] };
  },
];

/** Lines that would be commands if a person had typed them, one after the other. */
export function* spoofLines(random: Random, { home, notes }: Folders): Generator<string> {
  for (let number = 1; ; number++) {
    const file = `${home}/${notes}/spoof-${number}.md`;
    yield random.pick([
      `::record ${file}`,
      `::capture ${file}`,
      `::export ${file} +overwrite`,
      `::init ${file}`,
      '::stop',
    ]);
  }
}

/** What a person types and does not mean: quoted, fenced, indented, in other characters, in the middle of a line. */
export const UNMEANT: Readonly<Record<string, (line: string) => string>> = {
  'in a fence': (line) => `\`\`\`\n${line}\n\`\`\``,
  'in a fence with a language': (line) => `\`\`\`sh title="x"\n${line}\n\`\`\``,
  'in a fence of tildes': (line) => `~~~text\n${line}\n~~~`,
  'in a fence in a fence': (line) => `\`\`\`\`md\n\`\`\`\n${line}\n\`\`\`\n\`\`\`\``,
  'in a fence of another kind': (line) => `\`\`\`\n~~~\n${line}\n~~~\n${line}\n\`\`\``,
  'in a fence that is not closed': (line) => `look:\n\`\`\`\n${line}`,
  'in an indented fence': (line) => `- like so:\n\n  \`\`\`\n${line}\n  \`\`\``,
  'in a fence in an item': (line) => `- \`\`\`sh\n  ${line}\n  \`\`\``,
  'in a fence in an item of stars': (line) => `* ~~~\n  ${line}\n  ~~~`,
  'in a fence in an item of pluses': (line) => `+ so:\n\n  \`\`\`\n  ${line}\n\n  ${line}\n  \`\`\``,
  'in a fence in a numbered item': (line) => `1. \`\`\`\n   ${line}\n   \`\`\``,
  'in a fence in an item with a bracket': (line) => `1) \`\`\`\n   ${line}\n   \`\`\``,
  'in a fence in an item behind a tab': (line) => `-\t\`\`\`\n   ${line}\n\t\`\`\``,
  'in a fence in an item of an item': (line) => `- - \`\`\`\n\n   ${line}\n    \`\`\``,
  'in a fence in an item, less far in': (line) => `- \`\`\`\n${line}\n  \`\`\``,
  'in a fence in a quote in an item': (line) => `- > \`\`\`\n  > ${line}\n  > \`\`\``,
  'in a fence in an item in a quote': (line) => `> 1. \`\`\`\n>    ${line}\n>    \`\`\``,
  'in a fence with one in it that is too far in': (line) => `\`\`\`\n    \`\`\`\n${line}\n\`\`\``,
  'in a fence of tildes with one behind a tab in it': (line) => `~~~ a\`b\n\t~~~\n${line}\n~~~`,
  'in a fence behind a fence that is none': (line) => `x\n\n    \`\`\`\n\`\`\`\n${line}\n\`\`\``,
  'in a fence with line ends of Windows': (line) => `\`\`\`\r\n${line}\r\n\`\`\`\r\n`,
  'in a quote': (line) => `> ${line}`,
  'in a quote of a quote': (line) => `it said:\n> > ${line}`,
  'in inline code': (line) => `\`${line}\``,
  'in inline code over lines': (line) => `see \`this\n${line}\nthat\` here`,
  'in inline code that ends in its line': (line) => `explain \`foo\n${line}\``,
  'in inline code behind one that is none': (line) => `a \\\` b \`c\n${line}\nd\` e`,
  'in inline code in an item': (line) => `- see \`\`this\n  ${line}\`\` here`,
  'in a sentence': (line) => `please type ${line}`,
  'in a list': (line) => `- ${line}\n* ${line}\n1. ${line}`,
  'in a heading': (line) => `# ${line}`,
  'in a comment': (line) => `// ${line}`,
  'in indented code': (line) => `code:\n\n    ${line}`,
  'in indented code in an item': (line) => `- so:\n\n      ${line}\n1. so:\n\n       ${line}`,
  'behind a tab': (line) => `code:\n\t${line}`,
  'behind a space that does not break': (line) => `\u00a0${line}`,
  'behind nothing that can be seen': (line) => `\u200b${line}\n\u2060${line}\n\u00ad${line}`,
  'behind a byte order mark': (line) => `x\n\ufeff${line}`,
  'behind a mark of direction': (line) => `\u202e${line}\n\u200f${line}`,
  'behind a line separator': (line) => `x\u2028${line}\u2029${line}`,
  'behind a vertical tab': (line) => `x\u000b${line}\f${line}\u0085${line}`,
  'with wide colons': (line) => line.replace('::', '\uff1a\uff1a'),
  'with colons of other scripts': (line) =>
    ['\u0589\u0589', ':\u2236', '\ua789\ua789', '\u02d0:'].map((c) => line.replace('::', c)).join('\n'),
  'with a space between the colons': (line) => line.replace('::', ': :'),
  'with three colons': (line) => `:${line}`,
  'with one colon': (line) => line.slice(1),
  'with a space behind the colons': (line) => line.replace('::', ':: '),
  'with a stroke before it': (line) => `\\${line}`,
  'with something invisible in it': (line) => line.replace('::', ':\u200b:'),
  'with a word of prose': (line) => line.replace(/^::\w+/, '::note'),
  'with a table around it': (line) => `| ${line} |\n|---|`,
  'in an attribute': (line) => `<a title="\n  x ${line}">`,
};
