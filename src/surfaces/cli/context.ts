/** What a command has at hand: the streams, the environment, and Kato itself, opened when it is first asked for. */
import { resolve as resolvePath } from 'node:path';
import type { Command } from 'commander';
import type { MachineFacts } from '../../app/doctor/facts.ts';
import type { Kato } from '../../app/kato.ts';
import type { Config } from '../../config/config.ts';
import { KatoError } from '../../core/errors.ts';
import type { SourceFiles } from '../../core/ports.ts';
import type { SessionKey } from '../../core/session.ts';
import type { DaemonServices } from './daemon-services.ts';
import type { Output, OutputName } from './json.ts';
import { type Style, styleFor, visible, visibleJson, wrap } from './terminal.ts';

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
}

/** What a migration did, session by session, or would do. */
export interface Migration {
  readonly sessions: readonly {
    readonly log: string;
    readonly session?: SessionKey;
    readonly outcome: 'imported' | 'tail-kept' | 'already-there' | 'left';
    readonly events: number;
    readonly onlyInStore: number;
    readonly setAside: boolean;
    readonly reason?: string;
    readonly what?: string;
    readonly difference?: { readonly log?: EventPlace; readonly store?: EventPlace };
  }[];
  readonly rest?: { readonly reason: string; readonly what: string };
  readonly isDone: boolean;
}

interface EventPlace {
  readonly seq: number;
  readonly id: string;
  readonly offset?: number;
}

/** What the composition root gives to the CLI. */
export interface CliServices {
  readonly version: string;
  readonly streams: Streams;
  readonly cwd: string;
  readonly platform: string;
  readonly userHome: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly providers: readonly { readonly id: string; readonly label: string }[];
  readonly files: SourceFiles;
  readonly resolveHome: (asked: string | undefined) => string;
  readonly loadConfig: (katoHome: string) => Promise<Config>;
  readonly parseConfig: (text: string, file: string | undefined) => Promise<Config>;
  /** The Kato of the daemon that runs for this home, else one in this process. */
  readonly openKato: (
    katoHome: string,
    config: Config,
    variables?: Readonly<Record<string, string | undefined>>,
  ) => Promise<Kato>;
  /** Reads, in this process, what the log engine has left beside the store that is live; absent when there is nothing. */
  readonly openLeftLog: (katoHome: string, config: Config) => Promise<Kato | undefined>;
  readonly daemon: DaemonServices;
  /** Looks at the machine and at this home, without opening kato. */
  readonly examine: (katoHome: string) => Promise<MachineFacts>;
  /** Brings what the log engine has kept of a home into its SQLite store. */
  readonly migrate: (
    katoHome: string,
    config: Config,
    options: {
      readonly dryRun: boolean;
      /** Where the prototype's sessions are, if they are what is meant. */
      readonly from?: string;
      readonly onProgress: (done: number, total: number) => void;
    },
  ) => Promise<Migration>;
  /** A folder with sample sessions that we made. */
  readonly samples: string;
  readonly now: () => number;
}

export interface GlobalOptions {
  readonly json: boolean;
  readonly home?: string;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly color: boolean;
}

/** A terminal that does not know its width says 0. */
export function columnsOf({ columns }: NodeJS.WriteStream): number {
  return Math.max(20, columns || 80);
}

/** Text for people, as wide as the terminal that it goes to. `more`: how much further in a line goes on. */
export function fitted(text: string, stream: NodeJS.WriteStream, more = 0): string {
  return stream.isTTY === true ? wrap(text, columnsOf(stream), more) : text;
}

export class CliContext {
  readonly services: CliServices;
  readonly options: GlobalOptions;
  /** The command line itself, for completion. */
  readonly program: Command;
  readonly katoHome: string;
  readonly out: Style;
  readonly err: Style;
  #kato: Promise<Kato> | undefined;
  #leftLog: Promise<Kato | undefined> | undefined;
  #config: Promise<Config> | undefined;
  readonly #warnings: string[] = [];

  constructor(services: CliServices, options: GlobalOptions, program: Command) {
    this.services = services;
    this.options = options;
    this.program = program;
    this.katoHome = services.resolveHome(options.home);
    const { stdout, stderr } = services.streams;
    this.out = styleFor(this.#isColoured(stdout));
    this.err = styleFor(this.#isColoured(stderr));
  }

  config(): Promise<Config> {
    this.#config ??= this.services.loadConfig(this.katoHome);
    return this.#config;
  }

  async kato(): Promise<Kato> {
    this.#kato ??= this.config().then((config) => this.services.openKato(this.katoHome, config));
    return this.#kato;
  }

  /** The logs that were left beside the live store, if there are any. */
  leftLog(): Promise<Kato | undefined> {
    this.#leftLog ??= this.#openLeftLog();
    return this.#leftLog;
  }

  async #openLeftLog(): Promise<Kato | undefined> {
    const kato = await this.kato();
    try {
      const left = await this.services.openLeftLog(this.katoHome, await this.config());
      // Where the log engine is the live one, its logs are the store.
      return left && (await kato.status()).store.engine !== 'log' ? left : undefined;
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      this.warn(`the logs that were left beside the store cannot be read: ${error.message}`);
      return undefined; // Whoever asks for what the store has is not kept from it.
    }
  }

  async close(): Promise<void> {
    const kato = await this.#kato?.catch(() => undefined); // That opening failed was reported by who asked for it.
    await kato?.close();
  }

  /** The answer: to stdout, and nothing else goes there. */
  print(text: string): void {
    this.services.streams.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** The answer as JSON, in the envelope that all commands share. */
  printJson<N extends OutputName>(_name: N, data: Output<N>): void {
    this.print(visibleJson(JSON.stringify({ schemaVersion: 1, data, warnings: this.#warnings }, null, 2)));
  }

  /** Something to know beside the answer. With `--json` it is a part of the answer. */
  warn(text: string): void {
    this.#warnings.push(text);
    if (!this.options.json) this.#tell(`warning: ${text}`, this.err.yellow);
  }

  note(text: string, style = (plain: string) => plain): void {
    if (!this.options.quiet && !this.options.json) this.#tell(text, undefined, style);
  }

  hint(text: string): void {
    if (!this.options.quiet && !this.options.json) this.#tell(`hint: ${text}`, this.err.dim);
  }

  /** A path with the user's home folder as `~`. */
  shown(path: string): string {
    const { userHome } = this.services;
    return path === userHome ? '~' : path.startsWith(`${userHome}/`) ? `~${path.slice(userHome.length)}` : path;
  }

  /** A path as it was typed, made absolute. */
  resolve(path: string): string {
    const expanded = path === '~' || path.startsWith('~/') ? this.services.userHome + path.slice(1) : path;
    return resolvePath(this.services.cwd, expanded) + (expanded.endsWith('/') && expanded !== '/' ? '/' : '');
  }

  get width(): number {
    return columnsOf(this.services.streams.stdout);
  }

  /** Whether a person can be asked. */
  get isInteractive(): boolean {
    const { stdin, stderr } = this.services.streams;
    return stdin.isTTY === true && stderr.isTTY === true && this.services.variables.CI === undefined;
  }

  /** Words beside the answer, broken between words on a terminal. `label` is for what stands before the first colon. */
  #tell(text: string, label?: (plain: string) => string, style = (plain: string) => plain): void {
    const { stderr } = this.services.streams;
    const wrapped = style(fitted(visible(text), stderr));
    stderr.write(`${label ? wrapped.replace(/^[^:]*:/, label) : wrapped}\n`);
  }

  #isColoured(stream: NodeJS.WriteStream): boolean {
    const { NO_COLOR: none = '', FORCE_COLOR: forced = '', TERM: terminal } = this.services.variables;
    if (!this.options.color || none !== '') return false;
    return forced !== '' ? forced !== '0' : stream.isTTY === true && terminal !== 'dumb';
  }
}
