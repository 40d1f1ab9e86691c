import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { providers } from '../../../../src/providers/registry.ts';
import { CARRIED } from '../../../../src/surfaces/cli/service/manager.ts';
import { type ServiceSpec, unitText } from '../../../../src/surfaces/cli/service/unit.ts';
import { temporaryFolder } from '../../../support/derive.ts';

const plain: ServiceSpec = {
  node: '/opt/node/bin/node',
  program: '/opt/kato/bin/kato',
  variables: {},
  output: '/home/ada/.kato/logs/daemon.log',
};
const odd: ServiceSpec = {
  node: '/opt/my "node" 100%/$HOME/no\\de',
  program: '/opt/<kato> & co/$1/ka\tto',
  variables: { CODEX_HOME: '/w/50% "a" \\ $HOME <b>', TZ: 'Europe/Vienna' },
  output: '/home/ada/<logs>/daemon.log',
};

describe('a systemd unit', () => {
  it('starts the daemon in the foreground, and again when it fails', () => {
    assert.equal(
      unitText('systemd', 'kato', plain),
      `[Unit]
Description=kato, recorder and transcript store of coding agents

[Service]
Type=exec
ExecStart="/opt/node/bin/node" "/opt/kato/bin/kato" "start" "--foreground"
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`,
    );
  });

  it('quotes what systemd would read otherwise', () => {
    const lines = unitText('systemd', 'kato', odd).split('\n');
    assert.deepEqual(
      lines.filter((line) => /^(?:ExecStart|Environment)=/.test(line)),
      [
        String.raw`ExecStart="/opt/my \"node\" 100%%/$HOME/no\\de" "/opt/<kato> & co/$$1/ka\x09to" "start" "--foreground"`,
        String.raw`Environment="CODEX_HOME=/w/50%% \"a\" \\ $HOME <b>"`,
        'Environment="TZ=Europe/Vienna"',
      ],
    );
  });

  const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  it('is one that systemd accepts', { skip: hasAnalyze ? false : 'needs systemd-analyze' }, (t) => {
    const file = join(temporaryFolder(t), 'kato.service');
    writeFileSync(file, unitText('systemd', 'kato', { ...plain, node: '/bin/true' }));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    assert.doesNotMatch(stderr, /kato\.service:\d+/);
  });
});

describe('a launchd agent', () => {
  it('starts the daemon in the foreground, and again when it fails', () => {
    const text = unitText('launchd', 'local.kato', plain);
    assert.match(text, /<key>Label<\/key>\n {2}<string>local\.kato<\/string>/);
    const [, words = ''] = /<array>\n(.*)\n {2}<\/array>/s.exec(text) ?? [];
    assert.deepEqual(
      words.split('\n').map((line) => line.trim()),
      ['/opt/node/bin/node', '/opt/kato/bin/kato', 'start', '--foreground'].map((word) => `<string>${word}</string>`),
    );
    assert.match(text, /<key>SuccessfulExit<\/key>\n {4}<false\/>/);
    assert.match(text, /<key>StandardErrorPath<\/key>\n {2}<string>\/home\/ada\/\.kato\/logs\/daemon\.log</);
    assert.doesNotMatch(text, /EnvironmentVariables/);
  });

  it('quotes what XML would read otherwise', () => {
    const text = unitText('launchd', 'local.kato', odd);
    assert.ok(text.includes('<string>/opt/&lt;kato&gt; &amp; co/$1/ka\tto</string>'));
    assert.ok(text.includes('<key>CODEX_HOME</key>\n    <string>/w/50% &quot;a&quot; \\ $HOME &lt;b&gt;</string>'));
    assert.equal(text.match(/<dict>/g)?.length, text.match(/<\/dict>/g)?.length);
  });
});

it('every variable that a provider reads is carried', () => {
  const read = new Set<string>();
  const variables = new Proxy({}, { get: (_, name) => void read.add(String(name)) });
  for (const provider of providers) provider.roots({ home: '/home/ada', variables });
  assert.deepEqual(
    [...read].filter((name) => !CARRIED.includes(name)),
    [],
  );
});
