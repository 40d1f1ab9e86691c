/** The service manager of this machine: where it wants its file, and how it is told. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { KatoError } from '../../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { type ServiceManager, type ServiceSpec, unitText } from './unit.ts';

/** Everything that is to be known of the service before anything is done. */
export interface Service {
  readonly manager: ServiceManager;
  readonly name: string;
  /** The file that the manager reads. */
  readonly path: string;
  readonly text: string;
}

/** Variables without which the daemon would look elsewhere than the user's shell, or write other times. */
export const CARRIED = ['CLAUDE_CONFIG_DIR', 'CODEX_HOME', 'GEMINI_CLI_HOME', 'HERMES_HOME', 'XDG_CONFIG_HOME', 'TZ'];

export function managerOf(platform: string): ServiceManager | undefined {
  if (platform === 'linux') return 'systemd';
  return platform === 'darwin' ? 'launchd' : undefined;
}

export function describeService(context: CliContext, manager: ServiceManager): Service {
  const { services, katoHome } = context;
  const { userHome, variables } = services;
  const [node, program] = services.daemon.command;
  const isUsual = katoHome === `${userHome}/.kato`;
  const name = serviceName(manager, isUsual ? undefined : katoHome);
  const carried = CARRIED.flatMap((key) => (variables[key] ? [[key, variables[key]] as const] : []));
  const spec: ServiceSpec = {
    node,
    program,
    variables: Object.fromEntries([...(isUsual ? [] : [['KATO_HOME', katoHome] as const]), ...carried]),
    output: `${katoHome}/logs/daemon.log`,
  };
  return {
    manager,
    name,
    path: `${folderOf(manager, userHome, variables)}/${name}${SUFFIX[manager]}`,
    text: unitText(manager, name, spec),
  };
}

const SUFFIX: Readonly<Record<ServiceManager, string>> = { systemd: '.service', launchd: '.plist' };

/** Each home has a service of its own. */
function serviceName(manager: ServiceManager, home: string | undefined): string {
  const base = manager === 'systemd' ? 'kato' : 'local.kato';
  return home === undefined ? base : `${base}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
}

function folderOf(
  manager: ServiceManager,
  home: string,
  variables: Readonly<Record<string, string | undefined>>,
): string {
  if (manager === 'launchd') return `${home}/Library/LaunchAgents`;
  return `${variables.XDG_CONFIG_HOME || `${home}/.config`}/systemd/user`;
}

/** Throws `daemon-failed` where the manager is not there, or not for this user: then nothing was done. */
export function refuseWithout({ manager }: Service): void {
  const asked =
    manager === 'systemd' ? tell('systemctl', ['--user', 'show-environment']) : tell('launchctl', ['print', domain()]);
  if (asked.status === 0) return;
  const what = asked.isMissing ? `there is no ${manager} here` : `${manager} does not answer for this user`;
  throw new KatoError('daemon-failed', `cannot install a service: ${what}`, {
    details: asked.words,
    hint: '`kato start` starts the daemon by hand; `kato service print` shows the file for a manager of your own',
  });
}

/** Makes the manager start the service now, and whenever its user comes. */
export function enable({ manager, name, path }: Service): void {
  if (manager === 'launchd') {
    tell('launchctl', ['bootout', `${domain()}/${name}`]); // One of before; mostly there is none.
    demand('launchctl', ['bootstrap', domain(), path]);
  } else {
    demand('systemctl', ['--user', 'daemon-reload']);
    demand('systemctl', ['--user', 'enable', '--now', `${name}.service`]);
  }
}

/** Makes the manager end it, and start it no more. What is not known to it is as wanted. */
export function disable({ manager, name }: Service): void {
  if (manager === 'launchd') tell('launchctl', ['bootout', `${domain()}/${name}`]);
  else tell('systemctl', ['--user', 'disable', '--now', `${name}.service`]);
}

/** After its file is gone. */
export function settle({ manager }: Service): void {
  if (manager === 'systemd') tell('systemctl', ['--user', 'daemon-reload']);
}

function domain(): string {
  return `gui/${process.getuid?.() ?? 0}`;
}

interface Told {
  readonly status: number | null;
  readonly isMissing: boolean;
  readonly words: readonly string[];
}

const PATIENCE_MS = 30_000;

function tell(program: string, args: readonly string[]): Told {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: PATIENCE_MS });
  const words = (stderr ?? '')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .slice(-5);
  return { status, isMissing: error !== undefined && 'code' in error && error.code === 'ENOENT', words };
}

function demand(program: string, args: readonly string[]): void {
  const { status, words } = tell(program, args);
  if (status === 0) return;
  throw new KatoError('daemon-failed', `\`${program} ${args.join(' ')}\` failed`, {
    details: words,
    hint: '`kato service uninstall` takes the service away again',
  });
}
