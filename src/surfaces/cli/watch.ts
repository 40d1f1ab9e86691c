/**
 * Showing something again and again, until the person has seen enough.
 *
 * On a terminal it is drawn over in place, on a screen of its own: what was there before comes back at the end. Nothing
 * flickers, because lines are overwritten and not cleared first; what does not fit is left out at the bottom. On a pipe it is
 * printed whenever there is news in it, text under a line with the time.
 *
 * Kato is opened anew each time: a daemon may come and go meanwhile.
 */
import type { Kato } from '../../app/kato.ts';
import { KatoError } from '../../core/errors.ts';
import { type CliContext, columnsOf } from './context.ts';
import type { Output, OutputName } from './json.ts';
import { cut, visibleJson } from './terminal.ts';

/** Text, or with `--json` the data of a command. */
export type Shown = ({ readonly text: string } | { readonly name: OutputName; readonly data: Output<OutputName> }) & {
  /** On a pipe it is printed again when this is another. */
  readonly news: string;
};

const EVERY_MS = 2000;

export async function watch(context: CliContext, look: (kato: Kato) => Promise<Shown>): Promise<number> {
  const { stdout } = context.services.streams;
  const screen = stdout.isTTY === true && !context.options.json ? new Screen(context) : undefined;
  const ending = listenForEnd(context, screen !== undefined);
  let before: string | undefined;
  try {
    while (!ending.isOver()) {
      const shown = await lookOnce(context, look);
      if (shown && screen) screen.draw(shown.text);
      else if (shown && shown.news !== before) context.print(shown.text);
      before = shown?.news ?? before;
      await ending.within(EVERY_MS);
    }
  } finally {
    screen?.close();
    ending.close();
  }
  return 0;
}

/** Absent where the daemon ended in the middle of the answer: the next look does without it. */
async function lookOnce(
  context: CliContext,
  look: (kato: Kato) => Promise<Shown>,
): Promise<{ readonly text: string; readonly news: string } | undefined> {
  const { services, katoHome } = context;
  const kato = await services.openKato(katoHome, await context.config());
  try {
    const shown = await look(kato);
    const { news } = shown;
    if (!('text' in shown))
      return { text: visibleJson(JSON.stringify({ schemaVersion: 1, data: shown.data, warnings: [] })), news };
    const isDrawn = services.streams.stdout.isTTY === true;
    return { text: isDrawn ? shown.text : `--- ${new Date(services.now()).toISOString()}\n${shown.text}`, news };
  } catch (error) {
    if (error instanceof KatoError && error.code === 'daemon-lost') return undefined;
    throw error;
  } finally {
    await kato.close();
  }
}

interface Ending {
  readonly isOver: () => boolean;
  /** Resolves after so long, or at the end. */
  readonly within: (ms: number) => Promise<void>;
  readonly close: () => void;
}

const ESCAPE = '\u001b';
/** Ctrl-C and Ctrl-D are keys like others where nothing else looks at them. */
const ENDING = ['q', 'Q', ESCAPE, '\u0003', '\u0004'];

/** `q`, Escape and Ctrl-C where a person types; else signals, and a reader that has gone. */
function listenForEnd({ services }: CliContext, isScreen: boolean): Ending {
  const { stdin, stdout } = services.streams;
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const end = () => {
    isOver = true;
    over.resolve();
  };
  const onKeys = (keys: Buffer) => {
    const typed = keys.toString();
    const isSequence = typed.length > 1 && typed.startsWith(ESCAPE); // An arrow, say.
    if (!isSequence && [...typed].some((key) => ENDING.includes(key))) end();
  };
  const isTyped = isScreen && stdin.isTTY === true;
  if (isTyped) stdin.setRawMode(true).on('data', onKeys).resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  stdout.once('error', end);
  return {
    isOver: () => isOver || !stdout.writable,
    async within(ms) {
      const timer = Promise.withResolvers<void>();
      const handle = setTimeout(timer.resolve, ms);
      await Promise.race([timer.promise, over.promise]);
      clearTimeout(handle);
    },
    close() {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end);
      stdout.off('error', end);
      if (isTyped) stdin.off('data', onKeys).setRawMode(false).pause();
    },
  };
}

const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

class Screen {
  readonly #stream: NodeJS.WriteStream;
  #text = '';
  readonly #redraw = () => this.draw(this.#text);

  constructor({ services }: CliContext) {
    this.#stream = services.streams.stdout;
    this.#stream.write(OPEN);
    this.#stream.on('resize', this.#redraw);
  }

  draw(text: string): void {
    this.#text = text;
    const { rows = 24 } = this.#stream;
    const columns = columnsOf(this.#stream);
    const all = text.split('\n');
    const most = Math.max(1, (rows || 24) - 1);
    const shown = all.length > most ? [...all.slice(0, most - 1), `… ${all.length - most + 1} more lines`] : all;
    const lines = shown.map((line) => `${cut(line, columns)}${REST_OF_LINE}\n`);
    this.#stream.write(`${HOME}${lines.join('')}${REST_OF_SCREEN}`);
  }

  close(): void {
    this.#stream.off('resize', this.#redraw);
    this.#stream.write(CLOSE);
  }
}
