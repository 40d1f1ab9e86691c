import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isProjectFolder, judge, type WritePolicy } from '../../src/record/write-policy.ts';

const POLICY: WritePolicy = {
  katoHome: '/home/ada/.kato',
  userHome: '/home/ada',
  agentFolders: ['/home/ada/.claude/projects', '/home/ada/agents/codex'],
  roots: [
    { kind: 'recordings', path: '/home/ada/.kato/recordings' },
    { kind: 'configured', path: '/home/ada/notes' },
    { kind: 'project', path: '/home/ada/tea' },
  ],
};

const reason = (path: string, policy = POLICY) => {
  const verdict = judge(path, policy);
  return verdict.allowed ? 'allowed' : verdict.reason;
};
const allowed = (...paths: readonly string[]) => {
  for (const path of paths) assert.equal(reason(path), 'allowed', path);
};
const denied = (because: RegExp, ...paths: readonly string[]) => {
  for (const path of paths) assert.match(reason(path), because, path);
};

describe('where kato may write', () => {
  it('below its recordings, the folders that the user named, and the project', () => {
    allowed('/home/ada/.kato/recordings/x.md', '/home/ada/notes/a/b/x.md', '/home/ada/tea/x.jsonl');
  });

  it('nowhere else', () => {
    denied(
      /outside/,
      '/home/ada/x.md',
      '/etc/x.md',
      '/x.md',
      '/home/ada/notes.md',
      '/home/ada/notesx/x.md',
      '/home/ada/tea',
    );
    denied(/absolute/, 'x.md', '', './x.md', '~/notes/x.md');
  });

  it('says which root it is, and what lies below it', () => {
    assert.deepEqual(judge('/home/ada/notes/a//./b/../x.md', POLICY), {
      allowed: true,
      root: POLICY.roots[1],
      components: ['a', 'x.md'],
    });
  });

  it('by the innermost root, whose rules hold', () => {
    const inner = { kind: 'configured', path: '/home/ada/tea/docs' } as const;
    const policy = { ...POLICY, roots: [...POLICY.roots, inner] };
    assert.equal(reason('/home/ada/tea/skills/x.md', policy), 'agents take instructions from this folder');
    assert.equal(reason('/home/ada/tea/docs/skills/x.md', policy), 'allowed');
  });

  it('does not climb out', () => {
    denied(/outside/, '/home/ada/notes/../x.md', '/home/ada/notes/a/../../../x.md', '/home/ada/tea/..', '/../../x.md');
    allowed('/home/ada/other/../notes/x.md');
  });

  it('also below a root that is written with a slash at its end, or with dots', () => {
    const policy = { ...POLICY, roots: [{ kind: 'configured', path: '/home/ada/notes/' } as const] };
    assert.deepEqual(judge('/home/ada/notes/a/x.md', policy).allowed, true);
    const dotted = { ...POLICY, roots: [{ kind: 'configured', path: '/home/ada/tea/../notes' } as const] };
    assert.deepEqual(judge('/home/ada/notes/a/x.md', dotted).allowed, true);
  });
});

describe("kato's own folder", () => {
  const everything = { ...POLICY, roots: [{ kind: 'configured', path: '/' } as const, ...POLICY.roots] };

  it('is closed but for its recordings, even where the user named a folder around it', () => {
    for (const name of ['config.yaml.md', 'kato.db.md', 'logs/x.md', 'x.md'])
      assert.match(reason(`/home/ada/.kato/${name}`, everything), /kato's own folder|hidden/, name);
    assert.equal(reason('/home/ada/.kato/recordings/x.md', everything), 'allowed');
  });

  it('is closed under a name without a dot too', () => {
    const policy = { ...POLICY, katoHome: '/srv/kato', roots: [{ kind: 'configured', path: '/srv' } as const] };
    assert.equal(reason('/srv/kato/x.md', policy), "it is inside kato's own folder");
    assert.equal(reason('/srv/kato-notes/x.md', policy), 'allowed');
  });
});

it('the folders where agents keep their sessions are closed, in any case of letters', () => {
  const everything = { ...POLICY, roots: [...POLICY.roots, { kind: 'configured', path: '/home/ada' } as const] };
  for (const path of ['/home/ada/agents/codex/x.jsonl', '/home/ada/Agents/CODEX/sessions/x.md'])
    assert.equal(reason(path, everything), 'agents keep their sessions in this folder');
  assert.equal(reason('/home/ada/agents/x.md', everything), 'allowed');
});

describe('what a file may be called', () => {
  it('ends as a recording does', () => {
    allowed('/home/ada/notes/x.md', '/home/ada/notes/x.MD', '/home/ada/notes/x.markdown', '/home/ada/notes/x.jsonl');
    const others = ['x', 'x.txt', 'x.json', 'x.md.sh', 'x.mdx', 'md', 'x.html', 'x.md~'];
    denied(/must end in/, ...others.map((name) => `/home/ada/notes/${name}`));
  });

  it('is not hidden, and not in a hidden folder', () => {
    denied(
      /hidden/,
      ...['.x.md', '.md', '.git/x.md', 'a/.claude/x.md', '.github/x.md'].map((name) => `/home/ada/notes/${name}`),
    );
  });

  it('does not steer agents or people, in any writing', () => {
    const names = [
      'AGENTS.md',
      'agents.MD',
      'CLAUDE.md',
      'Claude.markdown',
      'GEMINI.md',
      'SKILL.md',
      'copilot-instructions.md',
      'README.md',
      'readme-first.md',
      'CHANGELOG.md',
      'LICENSE.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'style.instructions.md',
      'ask.prompt.md',
      'CLAUDE.local.md',
      'agents.Override.md',
      'plan.chatmode.md',
      'Reviewer.agent.md',
      'a/b/AGENTS.md',
    ];
    for (const root of ['/home/ada/notes', '/home/ada/tea', '/home/ada/.kato/recordings'])
      denied(/guide agents or people/, ...names.map((name) => `${root}/${name}`));
    allowed('/home/ada/notes/my-agents.md', '/home/ada/notes/instructions.md', '/home/ada/notes/about-readme.md');
  });

  it('does not lie in a project folder from which agents take instructions', () => {
    const folders = ['skills', 'Prompts', 'docs/agents', 'commands', 'RULES/deep'];
    denied(/instructions from this folder/, ...folders.map((folder) => `/home/ada/tea/${folder}/x.md`));
    allowed(...folders.map((folder) => `/home/ada/notes/${folder}/x.md`));
  });

  it('means the same on every system', () => {
    denied(
      /device/,
      ...['con.md', 'NUL.x.md', 'com1.md', 'aux/x.md', 'LPT9.jsonl'].map((name) => `/home/ada/notes/${name}`),
    );
    denied(
      /not safe/,
      ...[
        'a:b.md',
        'a\\b.md',
        'a?.md',
        'a*.md',
        'a"b.md',
        'a|b.md',
        'a\nb.md',
        'a\u0000b.md',
        'a\u202eb.md',
        'a\u200bb.md',
      ].map((name) => `/home/ada/notes/${name}`),
    );
    denied(/dot or a space/, '/home/ada/notes/a./x.md', '/home/ada/notes/a /x.md');
    allowed('/home/ada/notes/console.md', '/home/ada/notes/Grüße 数.md', "/home/ada/notes/it's (1) & more, #2.md");
  });

  it('is not too long', () => {
    allowed(`/home/ada/notes/${'x'.repeat(252)}.md`);
    denied(/name is too long/, `/home/ada/notes/${'x'.repeat(253)}.md`, `/home/ada/notes/${'ü'.repeat(130)}.md`);
    denied(/path is too long/, `/home/ada/notes/${'x/'.repeat(2500)}x.md`);
  });
});

describe('whatever the path', () => {
  it('what is allowed lies below its root when it is put together again', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      'a',
      'notes',
      '.git',
      'x.md',
      'AGENTS.md',
      'skills',
      'tea',
      'ada',
      'home',
    );
    const anyPath = fc.array(part, { maxLength: 12 }).map((parts) => `/home/ada/${parts.join('/')}`);
    fc.assert(
      fc.property(anyPath, (path) => {
        const verdict = judge(path, POLICY);
        if (!verdict.allowed) return;
        assert.ok(verdict.components.length > 0);
        assert.ok(verdict.components.every((name) => name !== '' && !name.startsWith('.')));
        const again = judge(`${verdict.root.path}/${verdict.components.join('/')}`, POLICY);
        assert.deepEqual(again, verdict);
      }),
    );
  });
});

describe('whether a working folder is a project', () => {
  const isProject = (path: string) => isProjectFolder(path, '/home/ada', '/home/ada/.kato');

  it('is so for a folder of its own', () => {
    for (const path of ['/home/ada/tea', '/srv/tea', '/home/ada/.kato-site']) assert.ok(isProject(path), path);
  });

  it('is not so for the home, the root, or what holds or is kato’s home', () => {
    for (const path of [
      '/home/ada',
      '/home/ada/',
      '/home/ada/tea/..',
      '/',
      '//',
      '/home',
      '/home/ada/.kato',
      '',
      'tea',
      '.',
    ])
      assert.ok(!isProject(path), path);
  });

  it('is not so for what git keeps of a repository', () => {
    for (const path of ['/home/ada/tea/.git', '/home/ada/tea/.GIT/hooks']) assert.ok(!isProject(path), path);
    assert.ok(isProject('/home/ada/tea.git'));
  });

  it('is not so for a folder inside kato’s home', () => {
    assert.ok(!isProject('/home/ada/.kato/recordings'));
  });
});
