/**
 * An agent that goes on where it was killed: `kato/store` keeps what was said. A line of input is a prompt.
 *
 *     node docs/examples/agent-loop.ts chat.db < prompts.txt
 *
 * Kill it at any moment, with `kill -9` too, and run it again with the same input: every prompt and every answer is in the
 * transcript once, in order, and no answer that was printed is missing.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openSqliteStore, openTranscripts, type Role } from 'kato/store';

/** Yours asks a model, of course. */
async function model(history: readonly { readonly role: Role; readonly content: string }[]): Promise<string> {
  return `${history.length}: you said ${history.at(-1)?.content}`;
}

const chat = { provider: 'my-agent', nativeId: 'chat-1' };
const transcripts = openTranscripts(openSqliteStore(process.argv[2] ?? 'chat.db'));
await transcripts.start(chat, { cwd: process.cwd() });
const history = (await transcripts.load(chat)).messages.map(({ role, text }) => ({ role, content: text }));

async function say(role: Role, content: string): Promise<void> {
  await transcripts.append(chat, { id: randomUUID(), role, content, at: new Date().toISOString() });
  history.push({ role, content });
  if (role === 'assistant') console.log(content);
}

let heard = history.filter(({ role }) => role === 'user').length;
if (history.at(-1)?.role === 'user') await say('assistant', await model(history));
for await (const prompt of createInterface({ input: process.stdin })) {
  if (heard-- > 0) continue; // In an earlier life.
  await say('user', prompt);
  await say('assistant', await model(history));
}
await transcripts.close();
