/** Findings about the machine, kato's home, its daemon and its store. Pure. */
import { bytes } from '../../core/bytes.ts';
import type { StoreLook } from '../../store/store.ts';
import type { KatoStatus } from '../kato.ts';
import type { Examined, MachineFacts, ServiceFacts } from './facts.ts';
import { type Finding, found, ok, plural } from './finding.ts';

export function checkConfig({ config }: MachineFacts): Finding[] {
  if (config === undefined) return [ok('config', 'the settings are right')];
  if (config === 'missing') return [found('warn', 'config', 'there is no config yet', '`kato init` writes one')];
  return [found('fail', 'config', config.message, config.hint)];
}

export function checkPlaces({ places, katoHome }: MachineFacts): Finding[] {
  const findings = places.flatMap(({ path, kind, mode, isOurs, isWritable }) => {
    if (!isOurs)
      return [
        found(
          'fail',
          'permissions',
          `${path} belongs to somebody else`,
          `take it over: sudo chown "$(id -un)" ${quoted(path)}`,
        ),
      ];
    const wanted = kind === 'folder' ? '700' : '600';
    if ((mode & 0o077) !== 0)
      return [
        found(
          'fail',
          'permissions',
          `others may look into ${path} (mode ${octal(mode)})`,
          `chmod ${wanted} ${quoted(path)}`,
        ),
      ];
    return isWritable
      ? []
      : [
          found(
            'fail',
            'permissions',
            `${path} cannot be written`,
            `chmod u+rw${kind === 'folder' ? 'x' : ''} ${quoted(path)}, or check that its disk is not read-only`,
          ),
        ];
  });
  if (findings.length > 0) return findings;
  return [ok('permissions', places.length === 0 ? `${katoHome} is not there yet` : `${katoHome} is yours alone`)];
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function quoted(path: string): string {
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

const LITTLE_BYTES = 100_000_000;
const FEW_BYTES = 1_000_000_000;

export function checkDisk({ freeBytes, katoHome }: MachineFacts): Finding[] {
  if (freeBytes === undefined) return [];
  const what = `${bytes(freeBytes)} are free where ${katoHome} lies`;
  if (freeBytes >= FEW_BYTES) return [ok('disk', what)];
  return [
    found(
      freeBytes < LITTLE_BYTES ? 'fail' : 'warn',
      'disk',
      what,
      'free some space; `kato clean --dry-run` with --logs or --sessions says what kato could give back',
    ),
  ];
}

/** The store that is used, and what is beside it. */
export function checkStore({ stores }: MachineFacts, status: Examined['status']): Finding[] {
  const used = status !== undefined && 'store' in status ? status.store : undefined;
  const store = used ? stores.find(({ engine }) => engine === used.engine) : stores[0];
  return [...checkUsedStore(store, status), ...checkEngine(used)];
}

function checkEngine(used: KatoStatus['store'] | undefined): Finding[] {
  const { fallback, other } = used ?? {};
  const choice = '`store.engine` in the config says which engine is used';
  const why = fallback === undefined ? [] : [found('warn', 'store', `SQLite is not used: ${fallback}`, choice)];
  if (!other) return why;
  return [
    ...why,
    found('warn', 'store', `${bytes(other.bytes)} of transcripts in ${FILES[other.engine]} are not shown`, choice),
  ];
}

const FILES = { sqlite: 'kato.db', log: 'transcripts/' } as const;

function checkUsedStore(store: StoreLook | undefined, status: Examined['status']): Finding[] {
  const failing =
    status !== undefined && 'message' in status ? [found('fail', 'store', status.message, status.hint)] : [];
  if (!store) return failing.length > 0 ? failing : [ok('store', 'there is none yet')];
  const { engine, schema, newest, flaw, isChecked, bytes: sizeBytes, unshareable } = store;
  const shared =
    unshareable === undefined
      ? []
      : [
          found(
            'warn',
            'store',
            `SQLite ${unshareable} cannot share the store between processes`,
            'run kato with the Node that it brings, or a newer one',
          ),
        ];
  if (schema > newest)
    return [
      found(
        'fail',
        'store',
        `its schema is ${schema}, and this kato knows schemas up to ${newest}`,
        'upgrade kato; the store was not touched',
      ),
    ];
  if (flaw !== undefined)
    return [
      found(
        'fail',
        'store',
        flaw,
        `keep ${FILES[engine]} as it is and make a copy; \`kato verify\` says what is affected`,
      ),
      ...shared,
    ];
  if (failing.length > 0) return [...failing, ...shared];
  const sound = engine === 'sqlite' ? 'its pages are sound' : 'its logs can be opened';
  const looked = isChecked ? sound : 'too large for a quick look: `kato verify` checks it';
  return [ok('store', `schema ${schema}, ${bytes(sizeBytes)}, ${looked}`), ...shared];
}

export function checkDaemon({ lock, version }: MachineFacts, status: KatoStatus | undefined): Finding[] {
  const { answers, isHeld, hasSocket, pid, socket } = lock;
  if (!answers && isHeld) {
    const end =
      pid === undefined ? 'end its process' : `if pid ${pid} is kato, \`kill ${pid}\` ends it; nothing is lost by that`;
    return [found('fail', 'daemon', 'a daemon holds this home, and does not answer on its socket', end)];
  }
  if (!answers) {
    const on = status?.recordings.filter((one) => one.on).length ?? 0;
    const stale = hasSocket
      ? [found('warn', 'daemon', `${socket} was left by a daemon that is gone`, 'the next `kato start` takes it away')]
      : [];
    if (on > 0)
      return [
        found(
          'fail',
          'daemon',
          `it does not run, and ${plural(on, 'recording')} should go on`,
          '`kato start`; what was said meanwhile is written then',
        ),
        ...stale,
      ];
    return [
      found(
        'warn',
        'daemon',
        'it does not run: nothing is recorded, and `::` lines wait',
        '`kato start`, or `kato service install`',
      ),
      ...stale,
    ];
  }
  const other =
    answers.version === version
      ? []
      : [found('warn', 'daemon', `version ${answers.version} runs, and this is ${version}`, '`kato restart`')];
  const components = status?.daemon.running ? status.daemon.components : [];
  const broken = components
    .filter(({ state }) => state !== 'running')
    .map(({ name, state, lastError }) => {
      const why = lastError ? ` (${lastError.code})` : '';
      return found(
        state === 'failed' ? 'fail' : 'warn',
        'daemon',
        `its part \`${name}\` does not run${why}`,
        '`kato logs --level warn` says more; `kato restart` tries again',
      );
    });
  const wrong = [...other, ...broken];
  return wrong.length > 0 ? wrong : [ok('daemon', `it runs (pid ${answers.pid})`)];
}

export function checkService({ lock }: MachineFacts, service: ServiceFacts | undefined): Finding[] {
  if (!service) return [];
  const { state, path } = service;
  if (state === 'same') return [ok('service', `installed: ${path}`)];
  if (state === 'other')
    return [
      found(
        'warn',
        'service',
        `${path} is for another Node, place or environment than this`,
        '`kato service install` writes it anew',
      ),
    ];
  const what = 'none is installed: after a reboot nothing is recorded until `kato start`';
  return lock.answers
    ? [found('warn', 'service', what, '`kato service install`')]
    : [ok('service', 'none is installed')];
}

const FEW_WATCHES = 8192;

export function checkWatching({ mostWatches }: MachineFacts, status: KatoStatus | undefined): Finding[] {
  const raise = 'sudo sysctl fs.inotify.max_user_watches=524288, and the same in /etc/sysctl.d to keep it';
  const polled = status?.ingest?.roots.filter(({ mode }) => mode === 'polling') ?? [];
  const findings = polled.map(({ path, reason = '' }) => {
    const isFull = reason === 'ENOSPC' || reason === 'EMFILE';
    return found(
      'warn',
      'watching',
      `${path} is looked at now and then, because the system does not watch it (${reason})`,
      isFull ? raise : 'nothing is missed, only later',
    );
  });
  if (findings.length > 0) return findings;
  if (mostWatches === undefined) return [];
  if (mostWatches < FEW_WATCHES)
    return [found('warn', 'watching', `the system lets you watch ${mostWatches} folders only`, raise)];
  return [ok('watching', `the system lets you watch ${mostWatches} folders`)];
}
