/**
 * A gateway: what an agent answers is delivered to a chat room, and noted in the room's own transcript.
 *
 *     node docs/examples/gateway.ts chat.db
 *
 * The agent is another process, such as `agent-loop.ts`, whose answers are of one part. However often either is started
 * again, the room has each delivery once: it is the same copy of the same message. Only a message on its way when the
 * gateway is killed is sent twice.
 */
import { openSqliteStore, openTranscripts } from 'kato/store';

const agent = { provider: 'my-agent', nativeId: 'chat-1' };
const room = { provider: 'my-gateway', nativeId: 'room-7' };
const transcripts = openTranscripts(openSqliteStore(process.argv[2] ?? 'chat.db'));
const end = new AbortController();
process.once('SIGTERM', () => end.abort());

await transcripts.start(room, { title: 'The tea room' });
const { messages } = await transcripts.load(room, { whole: true });
const delivered = new Set(messages.map(({ mirrorOf }) => mirrorOf?.id));
for await (const { event } of transcripts.subscribe(0, { session: agent, signal: end.signal })) {
  const { at, source } = event;
  if (event.kind !== 'assistant.message' || source.nativeId === undefined || delivered.has(source.nativeId)) continue;
  console.log(event.payload.text); // Yours sends it to the room.
  await transcripts.mirror(agent, room, { id: source.nativeId, role: 'assistant', content: event.payload.text, at });
}
await transcripts.close();
