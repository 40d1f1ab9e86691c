/** The body of each kind of event in Markdown: blocks that stand under a heading. */
import { createHash } from 'node:crypto';
import type { Edit, KatoEvent } from '../../core/event.ts';
import { sessionId, shortId } from '../../core/session.ts';
import {
  attachmentLine,
  code,
  editBlock,
  inline,
  inputBlock,
  quote,
  repeatsCommand,
  resultBlock,
  size,
} from './blocks.ts';
import type { FormatOptions } from './format.ts';
import { closed } from './open-ends.ts';

/** What an event is seen with. */
export interface Surroundings {
  readonly related: ReadonlyMap<number, KatoEvent>;
  readonly options: FormatOptions;
  /** The call of this result asked the person something that has been shown already. */
  readonly isAsked: boolean;
}

/** The blocks of an event; none when there is nothing to see. */
export function renderBody(event: KatoEvent, around: Surroundings): readonly string[] {
  const before = event.revises === undefined ? undefined : around.related.get(event.revises);
  if (before && before.kind === event.kind) return revisedBody(event, before, around);
  return freshBody(event, around);
}

/** Only what is new of a revision that continues; a revision that changes is shown whole, and says so. */
function revisedBody(event: KatoEvent, before: KatoEvent, around: Surroundings): readonly string[] {
  const [old, now] = [textOf(before), textOf(event)];
  if (old !== undefined && now?.startsWith(old)) {
    const rest = withText(event, now.slice(old.length));
    return withoutKnown(before, rest, around);
  }
  const body = freshBody(event, around);
  return body.length === 0 ? [] : ['*(revised)*', ...body];
}

/** The blocks of what a revision adds: text behind the old text, edits and attachments behind the old ones. */
function withoutKnown(before: KatoEvent, rest: KatoEvent, around: Surroundings): readonly string[] {
  const added = attachmentsOf(rest).slice(attachmentsOf(before).length).map(attachmentLine);
  const edits = editsOf(rest).slice(editsOf(before).length);
  if (textOf(rest) === '' && edits.length === 0) return added;
  const { edits: _all, ...payload } = rest.payload as { readonly edits?: readonly Edit[] }; // Of whatever kind.
  const news = { ...payload, attachments: [], ...(edits.length > 0 && { edits }) };
  return [...freshBody({ ...rest, payload: news } as unknown as KatoEvent, around), ...added];
}

function freshBody(event: KatoEvent, around: Surroundings): readonly string[] {
  switch (event.kind) {
    case 'user.message':
    case 'assistant.message':
      return [
        ...(event.payload.text.trim() === '' ? [] : [closed(event.payload.text)]), // Some models answer with blank lines alone.
        ...(event.payload.attachments ?? []).map(attachmentLine),
      ];
    case 'assistant.thinking':
      return thinking(event);
    case 'assistant.tool.call':
      return []; // Shown with its result.
    case 'assistant.tool.result':
      return toolResult(event, around);
    case 'assistant.decision.prompt':
      return decisionPrompt(event);
    case 'user.decision.response':
      return decisionResponse(event);
    case 'system.message':
      return [quote(`**${inline(event.payload.subtype ?? 'system')}**\n\n${event.payload.text}`)];
    case 'provider.info':
      return [quote(`**${inline(event.payload.subtype)}** ${event.payload.text}`)];
    case 'session.info':
      return sessionInfo(event, around.options);
    case 'usage':
      return [`*tokens: ${listValues(event.payload)}*`];
    case 'user.kato-command':
      return [`*command: ${code(event.payload.line)}*`];
    case 'provider.raw':
      return [rawLine(event)];
  }
}

function thinking({ payload }: KatoEvent<'assistant.thinking'>): readonly string[] {
  if (payload.text === '') return payload.redacted === true ? ['> *Thinking (not readable)*'] : [];
  return [quote(`*Thinking*\n\n${payload.text}`)];
}

/** A call as it is shown with its result: name, description, and what was asked for, or what was done. */
export function callBlock(
  call: KatoEvent<'assistant.tool.call'>,
  done: readonly Edit[] | undefined,
  isAsked = false,
): string {
  const { name, description, input, edits = [] } = call.payload;
  if (isAsked) return `**Tool: ${inline(name)}**`;
  const shown = done ?? edits;
  const isNamed =
    description === undefined || repeatsCommand(input, description) || shown.some(({ path }) => path === description);
  const title = `**Tool: ${inline(name)}**${isNamed ? '' : ` ${inline(description)}`}`;
  const asked =
    shown.length > 0 ? shown.map((edit) => editBlock(edit, done !== undefined)) : [inputBlock(input, description)];
  return [title, ...asked.filter((block) => block !== '')].join('\n\n');
}

function toolResult(
  event: KatoEvent<'assistant.tool.result'>,
  { related, options, isAsked }: Surroundings,
): readonly string[] {
  const { payload } = event;
  const call = [...related.values()].find(
    (other): other is KatoEvent<'assistant.tool.call'> =>
      other.kind === 'assistant.tool.call' && other.payload.toolCallId === payload.toolCallId,
  );
  const done = payload.edits;
  const asked = call
    ? callBlock(call, done, isAsked)
    : ['**Tool result**', ...(done ?? []).map((edit) => editBlock(edit, true))].join('\n\n');
  const text = resultBlock(payload.text, options.toolResultLines);
  const state = payload.exitCode !== undefined ? `exit ${payload.exitCode}` : payload.isError === true ? 'failed' : '';
  const title = state === '' ? (text === '' ? [] : ['Result:']) : [`Result (${state})${text === '' ? '' : ':'}`];
  return [asked, ...title, ...(text === '' ? [] : [text]), ...(payload.attachments ?? []).map(attachmentLine)];
}

function decisionPrompt({ payload }: KatoEvent<'assistant.decision.prompt'>): readonly string[] {
  const { header, prompt, options, multiSelect } = payload;
  const title = header === undefined ? '**Question**' : `**Question: ${inline(header)}**`;
  const list = options.map(
    ({ label, description }) => `- ${inline(label)}${description === undefined ? '' : `: ${inline(description)}`}`,
  );
  const hint = multiSelect === true && options.length > 0 ? ['*(several may be chosen)*'] : [];
  return [title, prompt, ...(list.length > 0 ? [list.join('\n')] : []), ...hint];
}

function decisionResponse({ payload }: KatoEvent<'user.decision.response'>): readonly string[] {
  const { question, selections, freeText } = payload;
  const chosen = selections.map((selection) => `**${inline(selection)}**`);
  const line = `${inline(question)} → ${chosen.join(', ')}`.trimEnd();
  if (freeText === undefined) return [chosen.length === 0 ? `${inline(question)} → *no answer*` : line];
  return chosen.length === 0 ? [`${inline(question)} →`, quote(freeText)] : [line, quote(freeText)];
}

function sessionInfo({ payload, session }: KatoEvent<'session.info'>, options: FormatOptions): readonly string[] {
  if (payload.subagent) {
    const { nativeId, description } = payload.subagent;
    const id = shortId(sessionId({ provider: session.provider, nativeId }));
    return [`*Sub-agent ${id}${description === undefined ? '' : `: ${inline(description)}`}*`];
  }
  const { parent, ...facts } = payload;
  const lines = listValues(facts);
  return options.bookkeeping && lines !== '' ? [`*session: ${lines}*`] : [];
}

function listValues(values: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(values).filter(([, value]) => typeof value !== 'object' && value !== undefined);
  return shown.map(([key, value]) => `${key} ${inline(String(value))}`).join(', ');
}

function rawLine({ payload, source }: KatoEvent<'provider.raw'>): string {
  if (payload.rawType === 'oversize')
    return `*A record of ${size(payload.bytes ?? 0)} is too large to be shown; it is kept raw.*`;
  return `*raw: ${inline(payload.rawType)}${source.bytes === undefined ? '' : `, ${size(source.bytes)}`}*`;
}

function textOf(event: KatoEvent): string | undefined {
  return 'text' in event.payload && typeof event.payload.text === 'string' ? event.payload.text : undefined;
}

function withText(event: KatoEvent, text: string): KatoEvent {
  return { ...event, payload: { ...event.payload, text } } as KatoEvent; // Only kinds that have a text come here.
}

function attachmentsOf(event: KatoEvent) {
  return 'attachments' in event.payload ? (event.payload.attachments ?? []) : [];
}

/** What a tool did to files; what a call asked for is not yet done. */
function editsOf({ kind, payload }: KatoEvent): readonly Edit[] {
  return kind === 'assistant.tool.result' ? (payload.edits ?? []) : [];
}

/** A short digest of a text, for comparing without keeping it. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
