/** From each agent's own file, in the place where it lies, to the whole exported file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { KATO, TestHome } from '../support/cli.ts';
import { agentNames } from '../support/live-agent.ts';
import {
  addSession,
  claudeSession,
  codexSession,
  geminiSession,
  gencodeSession,
  type Said,
} from '../support/session-files.ts';
import { sharedHome } from '../support/shared-home.ts';

type Context = { after(fn: () => void): void };

const SAID: readonly Said[] = [
  { by: 'user', text: 'Sort the pears.\n\nBy *size*.', at: '2026-07-01T10:00:00.000Z' },
  { by: 'model', text: 'Sorted:\n\n```js\npears.sort();\n\n\npears.at(0);\n```', at: '2026-07-01T10:00:05.000Z' },
  { by: 'user', text: 'Thanks', at: '2026-07-01T10:01:00.000Z' },
];

const FILES = {
  'claude-code': claudeSession({ id: 'c1a0de00-0000-4000-8000-000000000001', said: SAID }),
  codex: codexSession({ id: '019c0de0-0000-7000-8000-000000000002', said: SAID }),
  'gemini-cli': geminiSession({ id: '6e310000-0000-4000-8000-000000000003', said: SAID }),
  gencode: gencodeSession({ id: '5a110000-0000-4000-8000-000000000004', said: SAID }),
};
const NATIVE = { 'claude-code': 'c1a0de00', codex: '019c0de0', 'gemini-cli': '6e310000', gencode: '5a110000' };

function homeWithAll(t: Context): TestHome {
  const home = new TestHome(t);
  for (const agent of agentNames) addSession(home, FILES[agent]);
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home;
}

/** Which file an event was read from is known by its place on this disk. */
const unplaced = (lines: string) => lines.replace(/"file":"[0-9a-f]{16}"/g, '"file":"…"');

describe('a session of each agent, from its file to the exported file', () => {
  const shared = sharedHome(homeWithAll);

  for (const agent of agentNames) {
    it(`${agent}, as Markdown`, () => {
      const home = shared();
      const path = home.ok(['export', NATIVE[agent]]).trimEnd();
      assert.equal(readFileSync(path, 'utf8'), MARKDOWN[agent]);
    });

    it(`${agent}, as JSON lines`, () => {
      const home = shared();
      const path = home.ok(['export', NATIVE[agent], '-f', 'jsonl']).trimEnd();
      assert.equal(unplaced(readFileSync(path, 'utf8')), JSON_LINES[agent]);
    });

    it(`${agent}, printed: the same bytes as in the file`, () => {
      const home = shared();
      assert.equal(home.ok(['export', NATIVE[agent], '-o', '-']), MARKDOWN[agent]);
      assert.equal(unplaced(home.ok(['export', NATIVE[agent], '-o', '-', '-f', 'jsonl'])), JSON_LINES[agent]);
    });
  }

  it('several into a folder, each in a file of its own', (t) => {
    const home = homeWithAll(t);
    mkdirSync(home.path('notes'));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    const printed = home.ok(['export', ...agentNames.map((agent) => NATIVE[agent]), '-o', 'notes/archive']);
    const paths = printed.trimEnd().split('\n');
    assert.deepEqual(
      paths.map((path) => readFileSync(path, 'utf8')),
      agentNames.map((agent) => MARKDOWN[agent]),
    );
    assert.deepEqual(readdirSync(home.path('notes/archive')).sort(), paths.map((path) => basename(path)).sort());
  });

  it('to a folder that is not allowed: the command that is shown for it keeps those that are', (t) => {
    const home = homeWithAll(t);
    for (const folder of ['notes', "Ada's work"]) mkdirSync(home.path(folder));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    const words = ['export', NATIVE.codex, '-o', "Ada's work/x.md"];
    const [, command = ''] = /^hint: `kato (.*)` allows/m.exec(home.run(words).stderr) ?? [];
    spawnSync('bash', ['-c', `"$0" "$1" ${command}`, process.execPath, KATO], { env: home.env, cwd: home.folder });
    assert.deepEqual(home.json(['config', 'get', 'write.roots']), [home.path('notes'), home.path("Ada's work")]);
    home.ok(words);
  });

  it('several of which one does not exist: none is written', (t) => {
    const home = homeWithAll(t);
    const run = home.run(['export', NATIVE.codex, 'deadbeef', NATIVE['gemini-cli']]);
    assert.deepEqual([run.status, run.stdout], [3, '']);
    assert.deepEqual(readdirSync(home.path('.kato/recordings')), []);
  });

  it('several printed one after the other stay documents of their own', () => {
    const home = shared();
    const printed = home.ok(['export', NATIVE.codex, NATIVE['gemini-cli'], '-o', '-']);
    assert.equal(printed, `${MARKDOWN.codex}\n${MARKDOWN['gemini-cli']}`);
    const lines = home.ok(['export', NATIVE.codex, NATIVE['gemini-cli'], '-o', '-', '-f', 'jsonl']);
    assert.equal(unplaced(lines), JSON_LINES.codex + JSON_LINES['gemini-cli']);
  });
});

const MARKDOWN = {
  'claude-code': `---
id: sort-the-pears-by-size-af66f136
title: Sort the pears. By *size*.
desc: ''
created: 1782900000000
participants: [user, claude-toy-1]
sessionId: af66f136-c5ce-54d0-845e-aafb074e81f6
---

# User_2026-07-01_1000_00

Sort the pears.

By *size*.

# claude-toy-1_2026-07-01_1000_05

Sorted:

\`\`\`js
pears.sort();


pears.at(0);
\`\`\`

# User_2026-07-01_1001_00

Thanks
`,
  codex: `---
id: sort-the-pears-by-size-c39651f6
title: Sort the pears. By *size*.
desc: ''
created: 1782900000000
participants: [user, gpt-toy-1]
sessionId: c39651f6-90bc-5cc9-8ccc-e8fc75e25066
---

# User_2026-07-01_1000_00

Sort the pears.

By *size*.

# gpt-toy-1_2026-07-01_1000_05

Sorted:

\`\`\`js
pears.sort();


pears.at(0);
\`\`\`

# User_2026-07-01_1001_00

Thanks
`,
  'gemini-cli': `---
id: sort-the-pears-by-size-3468feb1
title: Sort the pears. By *size*.
desc: ''
created: 1782900000000
participants: [user, gemini-toy-1]
sessionId: 3468feb1-e23e-5c87-bc44-50e15b1ff13a
---

# User_2026-07-01_1000_00

Sort the pears.

By *size*.

# gemini-toy-1_2026-07-01_1000_05

Sorted:

\`\`\`js
pears.sort();


pears.at(0);
\`\`\`

# User_2026-07-01_1001_00

Thanks
`,
  gencode: `---
id: sort-the-pears-by-size-e4ab8659
title: Sort the pears. By *size*.
desc: ''
created: 1782900000000
participants: [user, san-toy-1]
sessionId: e4ab8659-853a-55a5-bc6b-0cdb471b0369
---

# User_2026-07-01_1000_00

Sort the pears.

By *size*.

# san-toy-1_2026-07-01_1000_05

Sorted:

\`\`\`js
pears.sort();


pears.at(0);
\`\`\`

# User_2026-07-01_1001_00

Thanks
`,
};

const JSON_LINES = {
  'claude-code': `{"v":1,"id":"be0cb192af91f53713f0d5d96be144fb","seq":1,"session":{"provider":"claude-code","nativeId":"c1a0de00-0000-4000-8000-000000000001","id":"af66f136-c5ce-54d0-845e-aafb074e81f6"},"kind":"session.info","at":"2026-07-01T10:00:00.000Z","origin":"agent","source":{"type":"user","part":"info","nativeId":"c1a0de00-0000-4000-8000-000000000001","offset":0,"bytes":376,"file":"…","generation":1},"payload":{"cwd":"/w/toy","gitBranch":"main","agentVersion":"2.1.329"}}
{"v":1,"id":"be0cb192af91f537d9e23ae642f10132","seq":2,"session":{"provider":"claude-code","nativeId":"c1a0de00-0000-4000-8000-000000000001","id":"af66f136-c5ce-54d0-845e-aafb074e81f6"},"kind":"user.message","at":"2026-07-01T10:00:00.000Z","turnId":"c1a0de00-0000-4000-8000-000000000001","origin":"typed","source":{"type":"user","part":"text:0","nativeId":"c1a0de00-0000-4000-8000-000000000001","offset":0,"bytes":376,"file":"…","generation":1},"payload":{"text":"Sort the pears.\\n\\nBy *size*."}}
{"v":1,"id":"8339770eb6a8eb71b4a30459eb17913d","seq":3,"session":{"provider":"claude-code","nativeId":"c1a0de00-0000-4000-8000-000000000001","id":"af66f136-c5ce-54d0-845e-aafb074e81f6"},"kind":"assistant.message","at":"2026-07-01T10:00:05.000Z","turnId":"c1a0de00-0000-4000-8000-000000000001","model":"claude-toy-1","origin":"agent","source":{"type":"assistant","part":"text:0","nativeId":"c1a0de00-0000-4000-8000-000000000002","offset":377,"bytes":441,"file":"…","generation":1},"payload":{"text":"Sorted:\\n\\n\`\`\`js\\npears.sort();\\n\\n\\npears.at(0);\\n\`\`\`"}}
{"v":1,"id":"b403ecec7f69b6acd2f2b9396993ded8","seq":4,"session":{"provider":"claude-code","nativeId":"c1a0de00-0000-4000-8000-000000000001","id":"af66f136-c5ce-54d0-845e-aafb074e81f6"},"kind":"user.message","at":"2026-07-01T10:01:00.000Z","turnId":"c1a0de00-0000-4000-8000-000000000003","origin":"typed","source":{"type":"user","part":"text:0","nativeId":"c1a0de00-0000-4000-8000-000000000003","offset":819,"bytes":387,"file":"…","generation":1},"payload":{"text":"Thanks"}}
`,
  codex: `{"v":1,"id":"1df50017dacc929a1b8913218dc65bd1","seq":1,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"session.info","at":"2026-07-02T10:00:00.000Z","origin":"agent","source":{"type":"session_meta","part":"info","ordinal":0,"offset":0,"bytes":275,"file":"…","generation":1},"payload":{"cwd":"/w/toy","agentVersion":"0.169.0","entrypoint":"codex-tui"}}
{"v":1,"id":"9ba50847254dd8ea68b517d32fdf7c93","seq":2,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"provider.raw","at":"2026-07-02T10:00:00.000Z","origin":"agent","source":{"type":"session_meta","part":"raw","nativeId":"meta:019c0de0-0000-7000-8000-000000000002","ordinal":0,"offset":0,"bytes":275,"file":"…","generation":1},"payload":{"rawType":"session_meta"}}
{"v":1,"id":"08c79bc6917674154eb46cbf82063039","seq":3,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"session.info","at":"2026-07-02T10:00:00.000Z","turnId":"turn-1","origin":"agent","source":{"type":"turn_context","part":"info","ordinal":1,"offset":276,"bytes":140,"file":"…","generation":1},"payload":{"model":"gpt-toy-1"}}
{"v":1,"id":"bb203b277d25fd31bc4874ddb3668209","seq":4,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"user.message","at":"2026-07-01T10:00:00.000Z","turnId":"turn-1","origin":"typed","source":{"type":"event_msg:item_completed:UserMessage","part":"text:0","nativeId":"item_2","ordinal":2,"offset":417,"bytes":307,"file":"…","generation":1},"payload":{"text":"Sort the pears.\\n\\nBy *size*."}}
{"v":1,"id":"d6c6b461f2d7270e3d4269b3be68df30","seq":5,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"assistant.message","at":"2026-07-01T10:00:05.000Z","turnId":"turn-1","model":"gpt-toy-1","origin":"agent","source":{"type":"event_msg:item_completed:AgentMessage","part":"text:0","nativeId":"item_3","ordinal":3,"offset":725,"bytes":337,"file":"…","generation":1},"payload":{"text":"Sorted:\\n\\n\`\`\`js\\npears.sort();\\n\\n\\npears.at(0);\\n\`\`\`","phase":"final"}}
{"v":1,"id":"fc6ba49f7afee234d9634ea767aa9dca","seq":6,"session":{"provider":"codex","nativeId":"019c0de0-0000-7000-8000-000000000002","id":"c39651f6-90bc-5cc9-8ccc-e8fc75e25066"},"kind":"user.message","at":"2026-07-01T10:01:00.000Z","turnId":"turn-1","origin":"typed","source":{"type":"event_msg:item_completed:UserMessage","part":"text:0","nativeId":"item_4","ordinal":4,"offset":1063,"bytes":284,"file":"…","generation":1},"payload":{"text":"Thanks"}}
`,
  'gemini-cli': `{"v":1,"id":"d0e1806f6047e8630c16c0c894861270","seq":1,"session":{"provider":"gemini-cli","nativeId":"6e310000-0000-4000-8000-000000000003","id":"3468feb1-e23e-5c87-bc44-50e15b1ff13a"},"kind":"user.message","at":"2026-07-01T10:00:00.000Z","turnId":"g-1","origin":"typed","source":{"type":"user","part":"text:0","nativeId":"g-1","offset":187,"bytes":118,"file":"…","generation":1},"payload":{"text":"Sort the pears.\\n\\nBy *size*."}}
{"v":1,"id":"1d2178c2fb47102c6afe0e7b36ee943d","seq":2,"session":{"provider":"gemini-cli","nativeId":"6e310000-0000-4000-8000-000000000003","id":"3468feb1-e23e-5c87-bc44-50e15b1ff13a"},"kind":"assistant.message","at":"2026-07-01T10:00:05.000Z","turnId":"g-1","model":"gemini-toy-1","origin":"agent","source":{"type":"gemini","part":"text:0","nativeId":"g-2","offset":306,"bytes":171,"file":"…","generation":1},"payload":{"text":"Sorted:\\n\\n\`\`\`js\\npears.sort();\\n\\n\\npears.at(0);\\n\`\`\`"}}
{"v":1,"id":"320a3cd4b1d908c1e637cdeb514a2bb7","seq":3,"session":{"provider":"gemini-cli","nativeId":"6e310000-0000-4000-8000-000000000003","id":"3468feb1-e23e-5c87-bc44-50e15b1ff13a"},"kind":"user.message","at":"2026-07-01T10:01:00.000Z","turnId":"g-3","origin":"typed","source":{"type":"user","part":"text:0","nativeId":"g-3","offset":478,"bytes":95,"file":"…","generation":1},"payload":{"text":"Thanks"}}
`,
  gencode: `{"v":1,"id":"792a2f58c01293808294c42541a657af","seq":1,"session":{"provider":"gencode","nativeId":"5a110000-0000-4000-8000-000000000004","id":"e4ab8659-853a-55a5-bc6b-0cdb471b0369"},"kind":"session.info","at":"2026-07-04T10:00:00.000Z","origin":"agent","source":{"type":"session.started","part":"place","nativeId":"5a110000-0000-4000-8000-000000000004:start","offset":0,"bytes":251,"file":"…","generation":1},"payload":{"cwd":"/w/toy"}}
{"v":1,"id":"792a2f58c01293800002ed800f276c95","seq":2,"session":{"provider":"gencode","nativeId":"5a110000-0000-4000-8000-000000000004","id":"e4ab8659-853a-55a5-bc6b-0cdb471b0369"},"kind":"session.info","at":"2026-07-04T10:00:00.000Z","origin":"agent","source":{"type":"session.started","part":"started","nativeId":"5a110000-0000-4000-8000-000000000004:start","offset":0,"bytes":251,"file":"…","generation":1},"payload":{"model":"san-toy-1"}}
{"v":1,"id":"68ffe583929947c5e553712a06cc7e65","seq":3,"session":{"provider":"gencode","nativeId":"5a110000-0000-4000-8000-000000000004","id":"e4ab8659-853a-55a5-bc6b-0cdb471b0369"},"kind":"user.message","at":"2026-07-01T10:00:00.000Z","turnId":"0000000000000001","origin":"typed","source":{"type":"message.appended","part":"text:0","nativeId":"0000000000000001","offset":252,"bytes":297,"file":"…","generation":1},"payload":{"text":"Sort the pears.\\n\\nBy *size*."}}
{"v":1,"id":"bb5cdc98dc73f9059b11b0ef75326db2","seq":4,"session":{"provider":"gencode","nativeId":"5a110000-0000-4000-8000-000000000004","id":"e4ab8659-853a-55a5-bc6b-0cdb471b0369"},"kind":"assistant.message","at":"2026-07-01T10:00:05.000Z","turnId":"0000000000000001","model":"san-toy-1","origin":"agent","source":{"type":"message.appended","part":"text:0","nativeId":"0000000000000002","offset":550,"bytes":327,"file":"…","generation":1},"payload":{"text":"Sorted:\\n\\n\`\`\`js\\npears.sort();\\n\\n\\npears.at(0);\\n\`\`\`"}}
{"v":1,"id":"fb06ead2856e7a84b59a5629dfb33594","seq":5,"session":{"provider":"gencode","nativeId":"5a110000-0000-4000-8000-000000000004","id":"e4ab8659-853a-55a5-bc6b-0cdb471b0369"},"kind":"user.message","at":"2026-07-01T10:01:00.000Z","turnId":"0000000000000003","origin":"typed","source":{"type":"message.appended","part":"text:0","nativeId":"0000000000000003","offset":878,"bytes":274,"file":"…","generation":1},"payload":{"text":"Thanks"}}
`,
};
