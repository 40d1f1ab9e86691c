/**
 * The composition root: the one place that knows every concrete thing. It turns an environment into a `Kato`, and hands
 * that to a surface.
 */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKato, type FormatParts } from './app/create.ts';
import type { Kato } from './app/kato.ts';
import type { Config } from './config/config.ts';
import { type HomePaths, homePaths, katoHome } from './config/paths.ts';
import { KatoError, systemCode } from './core/errors.ts';
import type { ProviderRoot } from './ingest/discovery.ts';
import type { Reading } from './ingest/read-source.ts';
import type { ReaderPool } from './ingest/worker.ts';
import { systemClock } from './platform/clock.ts';
import { nodeDestinations } from './platform/destinations.ts';
import { createFileLogger } from './platform/logger.ts';
import { nodeFiles } from './platform/node-files.ts';
import { providers } from './providers/registry.ts';
import { withGroupCommit } from './store/group-commit.ts';
import { openScratchStore, removeStaleScratch } from './store/scratch.ts';
import { openSqliteStore } from './store/sqlite.ts';

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

/** Opens kato for this environment with these settings. */
export async function openKato(environment: Environment, config: Config): Promise<Kato> {
  const { userHome } = environment;
  const paths = homePaths(environment.katoHome);
  for (const folder of [paths.home, paths.recordings, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeStaleScratch(paths.home, Date.now());
  const sqlite = openSqliteStore(paths.database);
  const store = withGroupCommit(sqlite, { windowMs: COMMIT_WINDOW_MS, maxBytes: COMMIT_BYTES });
  return createKato({
    store,
    openScratch: (sourceBytes) => openScratchStore(paths.home, sourceBytes),
    files: nodeFiles,
    destinations: nodeDestinations,
    clock: systemClock,
    audit: createFileLogger({
      file: `${paths.logs}/audit.jsonl`,
      least: config.logging.audit,
      clock: systemClock,
      userHome,
    }),
    providers,
    roots: providerRoots(environment, config),
    loadFormats,
    openReaders: lazyReaders,
    engine: 'sqlite',
    diskBytes: () => diskBytes(paths),
    katoHome: environment.katoHome,
    userHome,
    temporary: tmpdir(),
    recordings: paths.recordings,
    configuredRoots: config.write.roots,
    projectFolders: config.write.projectFolders,
    frontMatter: config.recording.frontmatter.enabled,
    userName: config.recording.frontmatter.username,
  });
}

/** Workers come when the first source is large enough for them. */
function lazyReaders(): ReaderPool {
  let pool: Promise<ReaderPool> | undefined;
  const start = async () => {
    const { createReaderPool } = await import('./ingest/worker.ts');
    return createReaderPool(new URL(`./ingest-worker${import.meta.url.slice(-3)}`, import.meta.url), READERS);
  };
  return {
    async *read(reading: Reading) {
      pool ??= start();
      yield* (await pool).read(reading);
    },
    async close() {
      await (await pool)?.close();
    },
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

function diskBytes({ database }: HomePaths): number {
  return ['', '-wal', '-shm'].reduce(
    (sum, suffix) => sum + (statSync(database + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Runs the command line in this process; the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const { runCli } = await import('./surfaces/cli/program.ts');
  const userHome = homedir();
  const environment = (home: string, variables = process.env): Environment => ({ katoHome: home, userHome, variables });
  return runCli(argv, {
    version: readVersion(),
    streams: process,
    cwd: process.cwd(),
    userHome,
    variables: process.env,
    providers,
    files: nodeFiles,
    resolveHome: (asked) => resolve(katoHome(asked, process.env, userHome)),
    loadConfig: (home) => loadConfig(environment(home)),
    parseConfig: async (text, file) => {
      const { parseConfig } = await import('./config/load.ts');
      return parseConfig(text, file, { home: userHome, providers: providers.map(({ id }) => id) });
    },
    openKato: (home, config, variables = process.env) =>
      openKato(environment(home, variables as NodeJS.ProcessEnv), config),
    samples: fileURLToPath(new URL('../demo', import.meta.url)),
    now: Date.now,
  });
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
