import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TestHome } from '../support/cli.ts';

function example(name: string, file: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`docs/examples/${name}`, file], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe('the examples', () => {
  it('of kato/store: typed words of each session', (t) => {
    const home = new TestHome(t);
    cpSync('demo/claude', home.path('.claude'), { recursive: true });
    home.ok(['init', '--yes']);
    home.ok(['import']);
    assert.equal(
      example('typed-words.ts', join(home.kato, 'kato.db')),
      'f8e878c6      23  claude-code  Name the tea in the timer\n',
    );
  });

  it('of kato/providers: a file as events, without a store', () => {
    const file =
      'demo/codex/sessions/2026/11/19/rollout-2026-11-19T16-40-00-019aeed0-0002-7ea0-8000-000000000002.jsonl';
    const kinds = example('file-to-events.ts', file)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'provider.raw'),
      [
        'session.info',
        'session.info',
        'user.message',
        'assistant.thinking',
        'assistant.tool.call',
        'assistant.tool.result',
        'assistant.message',
        'usage',
      ],
    );
  });
});
