/**
 * The composition root: the one place that knows every concrete thing. It turns an environment into a `Kato`, and hands
 * that to a surface.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentFiles } from './agent-files.ts';
import { createKato } from './app/create.ts';
import type { Kato } from './app/kato.ts';
import type { FormatParts, KatoParts } from './app/parts.ts';
import type { Config } from './config/config.ts';
import { type HomePaths, homePaths, katoHome } from './config/paths.ts';
import { KatoError, systemCode } from './core/errors.ts';
import type { Logger } from './core/ports.ts';
import { acquireLock } from './daemon/lockfile.ts';
import type { ProviderRoot } from './ingest/discovery.ts';
import type { Reading } from './ingest/read-source.ts';
import type { ReaderPool } from './ingest/worker.ts';
import { type OpenStore, openLeftLog, openStore } from './open-store.ts';
import { systemClock, systemTimeZone } from './platform/clock.ts';
import { nodeDestinations } from './platform/destinations.ts';
import { createFileLogger, createLogFiles } from './platform/logger.ts';
import { providers } from './providers/registry.ts';
import { type CommandSyntax, commandPayloads } from './record/commands.ts';
import { spareLock } from './spare-lock.ts';
import { engineBytes, enginesWithData } from './store/engines.ts';
import { withGroupCommit } from './store/group-commit.ts';
import { openScratchStore, removeStaleScratch } from './store/scratch.ts';
import type { CliServices, Migration } from './surfaces/cli/context.ts';
import type { DaemonServices, RunOptions } from './surfaces/cli/daemon-services.ts';
import { controlSocketPath } from './surfaces/control/socket-path.ts';

export interface Environment {
  /** kato's home folder, absolute. */
  readonly katoHome: string;
  readonly userHome: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The settings of this home. Throws `config-missing` and `config-invalid`. */
export async function loadConfig({ katoHome: home, userHome }: Environment): Promise<Config> {
  const { config } = homePaths(home);
  const text = readConfig(config);
  const { parseConfig } = await import('./config/load.ts');
  return parseConfig(text, config, {
    home: userHome,
    providers: providers.map(({ id }) => id),
  });
}

/** Only a file that is not there is missing: one that may not be read is an error of its own. */
function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause;
    throw new KatoError('config-missing', `there is no config at ${path}`, { hint: 'run `kato init`', cause });
  }
}

/** Two readers use the second core while the first stores; more would only wait for it. */
const READERS = 2;
const COMMIT_WINDOW_MS = 10;
const COMMIT_BYTES = 4 * 1024 * 1024;

/** Opens kato for this environment with these settings, in this process. */
export async function openKato(environment: Environment, config: Config): Promise<Kato> {
  return createKato(await openParts(environment, config));
}

/** Everything a Kato is made of; closing one Kato made of it closes it. */
async function openParts(environment: Environment, config: Config): Promise<KatoParts> {
  const paths = homePaths(environment.katoHome);
  for (const folder of [paths.home, paths.recordings, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeStaleScratch(paths.home, Date.now());
  return partsAround(await openStore(paths, config.store.engine), environment, config);
}

/** A Kato that reads the logs which were left beside the live store; absent when there are none. */
async function openLeftKato(environment: Environment, config: Config): Promise<Kato | undefined> {
  const opened = await openLeftLog(homePaths(environment.katoHome));
  if (!opened) return undefined;
  // What the agents have is the live store's to find.
  return createKato({ ...partsAround(opened, environment, config), roots: [] });
}

function partsAround(opened: OpenStore, environment: Environment, config: Config): KatoParts {
  const { userHome } = environment;
  const paths = homePaths(environment.katoHome);
  const log = openLog(environment, 'operational', config);
  const { engine, fallback } = opened;
  const store = withGroupCommit(opened.store, { windowMs: COMMIT_WINDOW_MS, maxBytes: COMMIT_BYTES });
  const syntax: CommandSyntax = { prefix: config.commands.prefix };
  return {
    store,
    openScratch: (sourceBytes) => openScratchStore(paths.home, sourceBytes, opened.openIn),
    files: agentFiles,
    destinations: nodeDestinations,
    logFiles: createLogFiles(paths.logs),
    clock: systemClock,
    log,
    audit: openLog(environment, 'audit', config),
    providers,
    roots: providerRoots(environment, config),
    keeps: keepsOf(config),
    loadFormats,
    openReaders: () => lazyReaders(syntax),
    commandsIn: (text) => commandPayloads(text, syntax),
    engine,
    ...(fallback !== undefined && { fallback }),
    diskBytes: () => engineBytes(engine, paths),
    otherData: () => enginesWithData(paths).find((one) => one.engine !== engine),
    katoHome: environment.katoHome,
    userHome,
    temporary: tmpdir(),
    recordings: paths.recordings,
    configuredRoots: config.write.roots,
    rootsInFile: async () => (await loadConfig(environment).catch(() => config)).write.roots,
    projectFolders: config.write.projectFolders,
    frontMatter: config.recording.frontmatter.enabled,
    userName: config.recording.frontmatter.username,
    updated: config.recording.frontmatter.updated,
    view: {
      ...viewSettings(config),
      get timeZone() {
        return systemTimeZone();
      },
    },
    preset: config.recording.preset,
    rules: config.commands,
    holdHome: () => holdHome(paths),
  };
}

function keepsOf({ autoGenerateSnapshots, providers }: Config): KatoParts['keeps'] {
  const roots = Object.values(providers).flatMap(({ roots }) => roots);
  const isMixed = roots.some((root) => (root.autoGenerateSnapshots ?? autoGenerateSnapshots) !== autoGenerateSnapshots);
  if (isMixed) return 'mixed';
  return autoGenerateSnapshots ? 'all' : 'recorded';
}

function openLog({ katoHome, userHome }: Environment, name: 'operational' | 'audit', { logging }: Config): Logger {
  const file = `${homePaths(katoHome).logs}/${name}.jsonl`;
  return createFileLogger({ file, least: logging[name], clock: systemClock, userHome });
}

function viewSettings({ recording: { headingTime, toolResultLines, anchors } }: Config) {
  return { headingTime, toolResultLines, anchors };
}

/** The lock of a daemon, by who does a daemon's work for a moment. */
function holdHome(paths: HomePaths): { leave(): void } {
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  const socket = controlSocketPath(paths.home);
  const holder = { pid: process.pid, version: readVersion(), startedAt: systemClock.now(), socket };
  return acquireLock(paths.run, holder, spareLock);
}

/** How long a running daemon may take to say that it is there, before a command goes on without it. */
const ANSWER_MS = 1000;

/** The Kato of the daemon that runs for this home; absent when none answers in our words. */
async function reachKato(home: string): Promise<Kato | undefined> {
  const socket = controlSocketPath(home);
  if (!existsSync(socket)) return undefined; // Without a daemon nothing is loaded for it.
  const { connectControl } = await import('./surfaces/control/client.ts');
  const client = await connectControl(socket, ANSWER_MS);
  if (client?.speaksOurProtocol) return client;
  await client?.close();
  return undefined;
}

/** Is the daemon of this environment until it is told to end; the exit status. */
export async function runDaemon(
  environment: Environment,
  config: Config,
  { detached, onReady }: RunOptions,
): Promise<number> {
  const [{ serveDaemon }, { openLive }, { openDaemonRun }, { setFlagsFromString }] = await Promise.all([
    import('./serve-daemon.ts'),
    import('./live-components.ts'),
    import('./app/daemon-run.ts'),
    import('node:v8'),
  ]);
  // It runs for days beside other programs: what is garbage is not kept for the sake of a little speed.
  setFlagsFromString('--optimize-for-size');
  const paths = homePaths(environment.katoHome);
  const nothing = async () => {};
  return serveDaemon({
    paths,
    version: readVersion(),
    detached,
    spareLock,
    clock: systemClock,
    log: openLog(environment, 'operational', config),
    onReady,
    async open() {
      const parts = await openParts(environment, config);
      if (parts.engine === 'sqlite')
        await (await import('./migrate-home.ts')).migrateAtStart(parts.store, paths.transcripts, parts.log);
      noteEngine(parts);
      const run = await openDaemonRun(parts.store, config.cleanSessionStatesOnShutdown);
      const live = openLive(parts, config);
      const shared = { ...parts, live, store: { ...parts.store, close: nothing } };
      return {
        view: (daemon) => createKato({ ...shared, daemon }),
        components: live.parts,
        async close() {
          try {
            await run.end();
          } finally {
            await createKato(parts).close();
          }
        },
      };
    },
  });
}

/** Says in the log what is not as one would expect it. */
function noteEngine({ log, engine, fallback, otherData }: KatoParts): void {
  if (fallback !== undefined) log.log('warn', 'store.fallback', { engine, reason: fallback });
  const other = otherData();
  if (other) log.log('warn', 'store.other-engine', { engine, other: other.engine, bytes: other.bytes });
}

/** After how long without work the readers end: each keeps a heap of its own. */
const READERS_IDLE_MS = 10_000;

/** Workers come when a source is large enough for them, and go when there is none any more. */
function lazyReaders(syntax: CommandSyntax): ReaderPool {
  let pool: Promise<ReaderPool> | undefined;
  let readings = 0;
  let ending: NodeJS.Timeout | undefined;
  const start = async () => {
    const { createReaderPool } = await import('./ingest/worker.ts');
    return createReaderPool(new URL(`./ingest-worker${import.meta.url.slice(-3)}`, import.meta.url), READERS, syntax);
  };
  const close = async () => {
    clearTimeout(ending);
    const closing = pool;
    pool = undefined;
    await (await closing)?.close();
  };
  return {
    async *read(reading: Reading) {
      clearTimeout(ending);
      readings += 1;
      pool ??= start();
      try {
        yield* (await pool).read(reading);
      } finally {
        readings -= 1;
        if (readings === 0) ending = setTimeout(() => void close(), READERS_IDLE_MS).unref();
      }
    },
    close,
  };
}

async function loadFormats(): Promise<FormatParts> {
  const [{ formats }, { slugOf }] = await Promise.all([
    import('./record/formats/registry.ts'),
    import('./record/formats/front-matter.ts'),
  ]);
  return { formats, slugOf };
}

/** Where each provider's sessions are looked for: as configured, else by default. */
export function providerRoots({ userHome, variables }: Environment, config: Config): readonly ProviderRoot[] {
  return providers.flatMap((provider) => {
    const configured = config.providers[provider.id]?.roots.map(({ path }) => path);
    const paths = configured ?? provider.roots({ home: userHome, variables });
    return paths.map((path) => ({ provider, path }));
  });
}

/** Runs the command line in this process; the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const { runCli } = await import('./surfaces/cli/program.ts');
  const userHome = homedir();
  const environment = (home: string, variables: Environment['variables'] = process.env): Environment => ({
    katoHome: home,
    userHome,
    variables,
  });
  return runCli(argv, {
    version: readVersion(),
    streams: process,
    cwd: process.cwd(),
    platform: process.platform,
    userHome,
    variables: process.env,
    providers,
    files: agentFiles,
    resolveHome: (asked) => resolve(katoHome(asked, process.env, userHome)),
    loadConfig: (home) => loadConfig(environment(home)),
    parseConfig: async (text, file) => {
      const { parseConfig } = await import('./config/load.ts');
      return parseConfig(text, file, { home: userHome, providers: providers.map(({ id }) => id) });
    },
    openKato: async (home, config, variables) =>
      (await reachKato(home)) ?? openKato(environment(home, variables), config),
    openLeftLog: (home, config) => openLeftKato(environment(home), config),
    daemon: daemonServices(environment),
    examine: async (home) => {
      const [{ examine }, { lookAtStores }] = await Promise.all([import('./examine.ts'), import('./open-store.ts')]);
      const looks = await lookAtStores(homePaths(home));
      return examine({
        home,
        version: readVersion(),
        loadConfig: () => loadConfig(environment(home)),
        stores: looks,
        spareLock,
      });
    },
    migrate: (home, config, options) => migrate(homePaths(home), config, options),
    samples: fileURLToPath(new URL('../demo', import.meta.url)),
    now: Date.now,
  });
}

/** In this process, and alone: a daemon that runs has brought over what there was when it started. */
async function migrate(paths: HomePaths, config: Config, options: MigrateOptions): Promise<Migration> {
  const { migrateHome, migratePrototype } = await import('./migrate-home.ts');
  const held = options.dryRun ? undefined : holdHome(paths);
  try {
    const {
      store,
      engine,
      fallback = 'the settings say `store.engine: log`',
    } = await storeToMigrateTo(paths, config, options.dryRun);
    try {
      if (options.from !== undefined) return await migratePrototype(store, options.from, options);
      if (engine === 'sqlite') return await migrateHome(store, paths.transcripts, options);
      const hint = 'what the log engine has kept stays in use; with SQLite it can be brought over';
      throw new KatoError('usage', `there is no SQLite to bring transcripts into: ${fallback}`, { hint });
    } finally {
      await store.close();
    }
  } finally {
    held?.leave();
  }
}

/** A dry run makes no file. */
async function storeToMigrateTo(
  paths: HomePaths,
  { store: { engine } }: Config,
  dryRun: boolean,
): Promise<Pick<OpenStore, 'store' | 'engine' | 'fallback'>> {
  if (!dryRun || engine === 'log' || existsSync(paths.database)) return openStore(paths, engine);
  return { store: (await import('./store/memory.ts')).createMemoryStore(), engine: 'sqlite', fallback: undefined };
}

function daemonServices(environment: (home: string) => Environment): DaemonServices {
  const reach = () => import('./reach-daemon.ts');
  return {
    find: async (home) => (await reach()).findDaemon(home),
    start: async (home) => (await reach()).startDaemon(home, { version: readVersion(), program: PROGRAM, spareLock }),
    stop: async (home) => (await reach()).stopDaemon(home, spareLock),
    command: [process.execPath, PROGRAM],
    run: (home, config, options) => runDaemon(environment(home), config, options),
  };
}

type MigrateOptions = Parameters<CliServices['migrate']>[2];

const PROGRAM = fileURLToPath(new URL('../bin/kato', import.meta.url));

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
