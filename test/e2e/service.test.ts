/** The daemon as a service, with a service manager that only notes what it is told. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { KATO } from '../support/cli.ts';
import { DaemonHome, isAlive } from '../support/daemon.ts';

const isLinux = process.platform === 'linux';
const onLinux = { skip: isLinux ? false : 'needs systemd’s platform' };

/** A home with a `systemctl` of this shell script. */
function withSystemctl(t: TestContext, script: string): { readonly home: DaemonHome; readonly told: () => string[] } {
  const home = new DaemonHome(t);
  const log = home.path('told');
  mkdirSync(home.path('bin'));
  writeFileSync(home.path('bin/systemctl'), `#!/bin/sh\necho "$@" >> '${log}'\n${script}\n`);
  chmodSync(home.path('bin/systemctl'), 0o755);
  home.env.PATH = `${home.path('bin')}:${home.env.PATH}`;
  const told = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return { home, told };
}

describe('kato service print', () => {
  it('needs nothing, and touches nothing', (t) => {
    const home = new DaemonHome(t);
    const text = home.ok(['service', 'print', '--for', 'systemd']);
    assert.ok(text.includes(`ExecStart="${process.execPath}" "${KATO}" "start" "--foreground"\n`));
    assert.deepEqual(text.match(/^Environment=.*/gm), ['Environment="TZ=UTC"']);
    assert.match(home.ok(['service', 'print', '--for', 'launchd']), /^<\?xml/);
    assert.ok(!existsSync(home.kato));
    assert.equal(home.run(['service', 'print', '--for', 'runit']).status, 2);
    assert.equal(home.run(['service']).status, 2);
  });

  it('carries the home and the agents’ variables that are set', (t) => {
    const home = new DaemonHome(t);
    const env = { KATO_HOME: home.path('my notes'), CODEX_HOME: '/w/codex', GEMINI_CLI_HOME: '', OTHER: 'x' };
    const run = home.run(['service', 'print', '--for', 'systemd', '--json'], { env });
    const { path, text } = JSON.parse(run.stdout).data;
    const set = text.match(/(?<=^Environment=).*/gm);
    assert.deepEqual(set, [`"KATO_HOME=${env.KATO_HOME}"`, '"CODEX_HOME=/w/codex"', '"TZ=UTC"']);
    assert.match(path, /\/\.config\/systemd\/user\/kato-[0-9a-f]{8}\.service$/, 'another home, another service');
  });
});

describe('kato service install', onLinux, () => {
  it('writes the unit and starts it, in place of a daemon that runs', (t) => {
    const { home, told } = withSystemctl(t, '');
    home.env.XDG_CONFIG_HOME = home.path('my config');
    const pid = home.start();
    const { status, stdout, stderr } = home.run(['service', 'install']);
    const path = home.path('my config/systemd/user/kato.service');
    assert.deepEqual(
      [status, stdout],
      [0, 'the daemon runs as a service: ~/my config/systemd/user/kato.service\n'],
      stderr,
    );
    assert.equal(readFileSync(path, 'utf8'), home.ok(['service', 'print']));
    assert.deepEqual(told(), ['--user show-environment', '--user daemon-reload', '--user enable --now kato.service']);
    assert.ok(!isAlive(pid));
    assert.ok(existsSync(home.path('.kato/config.yaml')));
    assert.deepEqual(home.json(['service', 'install']), { manager: 'systemd', path, replaced: false });
  });

  it('is undone by uninstall, once', (t) => {
    const { home, told } = withSystemctl(t, '');
    home.ok(['service', 'install']);
    assert.equal(home.ok(['service', 'uninstall']), 'the service is gone: ~/.config/systemd/user/kato.service\n');
    assert.deepEqual(told().slice(-2), ['--user disable --now kato.service', '--user daemon-reload']);
    assert.ok(!existsSync(home.path('.config/systemd/user/kato.service')));
    assert.equal(home.ok(['service', 'uninstall']), 'there is no service\n');
  });

  it('is refused, and nothing done, where the manager is not there or does not answer', (t) => {
    const { home } = withSystemctl(t, 'echo "Failed to connect to bus: No medium found" >&2; exit 1');
    const run = home.run(['service', 'install']);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^kato: cannot install a service: systemd does not answer for this user\n {2}Failed to connect/,
    );
    assert.match(run.stderr, /\nhint: `kato start`/);
    const without = home.run(['service', 'install'], { env: { PATH: home.path('nothing') } });
    assert.match(without.stderr, /^kato: cannot install a service: there is no systemd here\nhint: /);
    assert.ok(!existsSync(home.path('.config')) && !existsSync(home.kato));
  });

  it('says what the manager says when it does not start', (t) => {
    const { home } = withSystemctl(t, 'case "$*" in *enable*) echo "no such unit" >&2; exit 5;; esac');
    const run = home.run(['service', 'install']);
    assert.equal(run.status, 1);
    assert.match(run.stderr, /enable --now kato\.service` failed\n {2}no such unit\nhint: /);
    writeFileSync(home.path('.kato/config.yaml'), 'version: 9\n');
    assert.match(home.run(['service', 'install']).stderr, /config\.yaml/, 'nor with a mistake in the settings');
  });
});
