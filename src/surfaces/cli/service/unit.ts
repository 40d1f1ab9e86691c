/**
 * The daemon as a service of its user: what systemd and launchd are told. Pure.
 *
 * Both start it where nothing of a shell is known, so every path is absolute, and the variables that say where kato and
 * the agents keep their files are written down. It is started again when it fails, and not when it was told to end.
 *
 * Formats: systemd.unit(5), systemd.service(5), systemd.syntax(7) of systemd 252; launchd.plist(5). Seen 2026-11.
 */

export interface ServiceSpec {
  /** Absolute paths of the Node that runs it, and of kato's program. */
  readonly node: string;
  readonly program: string;
  /** By name; what a shell would have given it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where launchd puts what the daemon prints; systemd has its journal. */
  readonly output: string;
}

export type ServiceManager = 'systemd' | 'launchd';

const RESTART_SECONDS = 5;

/** The file that a service manager reads. `name` is the service's, as `serviceName` makes it. */
export function unitText(manager: ServiceManager, name: string, spec: ServiceSpec): string {
  return manager === 'systemd' ? systemdUnit(spec) : launchdAgent(name, spec);
}

function systemdUnit({ node, program, variables }: ServiceSpec): string {
  const words = [systemdWord(node), ...[program, 'start', '--foreground'].map((word) => systemdWord(word, '$'))];
  return [
    '[Unit]',
    'Description=kato, recorder and transcript store of coding agents',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${words.join(' ')}`,
    ...Object.entries(variables).map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`),
    'Restart=on-failure',
    `RestartSec=${RESTART_SECONDS}`,
    'UMask=0077',
    'NoNewPrivileges=yes',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** In quotes, where `%` begins a specifier, and in a command's arguments `$` a variable. */
function systemdWord(word: string, variable = ''): string {
  const escaped = word
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('%', '%%')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a path may hold them, and a line of a unit may not.
    .replace(/[\u0000-\u001f\u007f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${variable === '' ? escaped : escaped.replaceAll(variable, () => variable + variable)}"`;
}

function launchdAgent(name: string, { node, program, variables, output }: ServiceSpec): string {
  const strings = (values: readonly string[], indent: string) =>
    values.map((value) => `${indent}<string>${xml(value)}</string>`);
  const environment = Object.entries(variables).flatMap(([key, value]) => [
    `    <key>${xml(key)}</key>`,
    ...strings([value], '    '),
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    '  <key>Label</key>',
    ...strings([name], '  '),
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...strings([node, program, 'start', '--foreground'], '    '),
    '  </array>',
    ...(environment.length > 0 ? ['  <key>EnvironmentVariables</key>', '  <dict>', ...environment, '  </dict>'] : []),
    '  <key>RunAtLoad</key>',
    '  <true/>',
    '  <key>KeepAlive</key>',
    '  <dict>',
    '    <key>SuccessfulExit</key>',
    '    <false/>',
    '  </dict>',
    '  <key>ThrottleInterval</key>',
    `  <integer>${RESTART_SECONDS}</integer>`,
    '  <key>Umask</key>',
    '  <integer>63</integer>',
    '  <key>ProcessType</key>',
    '  <string>Background</string>',
    ...['StandardOutPath', 'StandardErrorPath'].flatMap((key) => [`  <key>${key}</key>`, ...strings([output], '  ')]),
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
