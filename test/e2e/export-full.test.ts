/** Whole exports of the demo's sessions: tools, thinking, a question with its answer, and an edit. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestHome } from '../support/cli.ts';

const DEMO = fileURLToPath(new URL('../../demo', import.meta.url));
const SESSIONS = { 'claude-code': '5eed0001', codex: '019aeed0', 'gemini-cli': '5eed0003' } as const;

describe('a session with all that its model did, from its file to what is shown', () => {
  for (const agent of ['claude-code', 'codex', 'gemini-cli'] as const) {
    it(agent, (t) => {
      const home = new TestHome(t);
      cpSync(join(DEMO, 'claude'), home.path('.claude'), { recursive: true });
      cpSync(join(DEMO, 'codex'), home.path('.codex'), { recursive: true });
      cpSync(join(DEMO, 'gemini'), home.folder, { recursive: true });
      home.ok(['init', '--yes']);
      home.ok(['import']);
      assert.equal(home.ok(['show', `${agent}/${SESSIONS[agent]}`, '--preset', 'full']), FULL[agent]);
    });
  }
});

const FULL = {
  'claude-code': `# User_2026-11-18_0912_03

When the timer rings, let it say which tea is ready. Ask me if anything is unclear.

# claude-sonnet-5_2026-11-18_0912_05

> *Thinking*
>
> A small change, but what should it say when no tea was named?

# claude-sonnet-5_2026-11-18_0912_07

Let me look at the timer first.

**Tool: Read** /home/ada/tea-timer/timer.ts

Result:

\`\`\`
1	export function ring(): string {
2	  return 'Ready!';
3	}
\`\`\`

**Question: No name**

What should the timer say when no tea was named?

- Ready!: as it does today
- Tea is ready!: in the style of the new message

**Tool: AskUserQuestion**

Result:

\`\`\`
Your questions have been answered: "What should the timer say when no tea was named?"="Ready!". You can now continue with these answers in mind.
\`\`\`

# User_2026-11-18_0912_26

What should the timer say when no tea was named? → **Ready!**

# claude-sonnet-5_2026-11-18_0912_29

**Tool: Edit**

Changed \`/home/ada/tea-timer/timer.ts\`

\`\`\`diff
@@ -1,3 +1,3 @@
-export function ring(): string {
-  return 'Ready!';
+export function ring(tea?: string): string {
+  return tea ? \`\${tea} is ready!\` : 'Ready!';
 }
\`\`\`

Result:

\`\`\`
The file /home/ada/tea-timer/timer.ts has been updated.
\`\`\`

**Tool: Bash** Run the tests

\`\`\`sh
node --test
\`\`\`

Result:

\`\`\`
✔ rings (0.41ms)
✔ names the tea (0.09ms)
ℹ tests 2
ℹ pass 2
ℹ fail 0
\`\`\`

# claude-sonnet-5_2026-11-18_0912_35

Done: the timer names the tea, and says \`Ready!\` as before when there is no name.

\`\`\`ts
ring('Assam'); // Assam is ready!

ring(); // Ready!
\`\`\`

# User_2026-11-18_0913_15

Lovely. That is all for today.

# claude-sonnet-5_2026-11-18_0913_17

Enjoy your tea!
`,
  codex: `# User_2026-11-19_1640_04

Why does the timer ring twice?

# gpt-5.5-codex_2026-11-19_1640_09

> *Thinking*
>
> **Looking for a second listener**

**Tool: exec\\_command**

\`\`\`sh
grep -n "on('ring'" *.ts
\`\`\`

Result (exit 0):

\`\`\`
kettle.ts:12:timer.on('ring', pour);
kettle.ts:31:timer.on('ring', pour);
\`\`\`

# gpt-5.5-codex_2026-11-19_1640_16

The listener is added twice, in lines 12 and 31 of \`kettle.ts\`. Remove the second one.
`,
  'gemini-cli': `# User_2026-11-20_0755_02

Which tests does the timer have?

# gemini-3-pro_2026-11-20_0755_05

> *Thinking*
>
> **Searching**
>
> Tests are declared with test().

**Tool: grep\\_search** 'test\\\\(' within ./

\`\`\`json
{
  "pattern": "test\\\\(",
  "dir_path": "."
}
\`\`\`

Result:

\`\`\`
timer.test.ts:3: test('rings', () => {
timer.test.ts:7: test('names the tea', () => {
\`\`\`

# gemini-3-pro_2026-11-20_0755_09

Two, in \`timer.test.ts\`: *rings* and *names the tea*.
`,
};
