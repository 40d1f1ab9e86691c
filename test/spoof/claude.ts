/** Where words stand in the files of Claude Code: 2.1.329, which marks who speaks, and 2.0.64, which does not. */
import { Answer, Chain, encodePath } from '../fake-agent/claude/records.ts';
import type { Desk } from '../fake-agent/writer.ts';
import type { Page, Way } from './page.ts';

type Content = string | readonly object[];

class ClaudePage {
  readonly desk: Desk;
  readonly chain: Chain;
  readonly path: string;
  readonly #isMarked: boolean;
  #prompts = 0;

  constructor(desk: Desk, isMarked: boolean) {
    this.desk = desk;
    this.#isMarked = isMarked;
    this.chain = new Chain(desk, { sessionId: desk.random.uuid() });
    this.path = `.claude/projects/${encodePath(desk.cwd)}/${this.chain.sessionId}.jsonl`;
  }

  write(...records: readonly object[]): void {
    const { desk, path } = this;
    if (this.#isMarked) desk.log.append(path, ...records);
    else desk.log.append(path, ...records.map((record) => ('version' in record ? unmarked(record) : record)));
  }

  /** A record of type `user` without marks. */
  user(content: Content, fields: object = {}): void {
    this.write(this.chain.user(content, fields));
  }

  /** The same, as a person's prompt. */
  prompt(content: Content, promptSource = 'typed'): void {
    const position = { promptIndex: ++this.#prompts, turnIndex: this.#prompts };
    const marks = { origin: { kind: 'human' }, promptSource, turnOrigin: 'human', turnPosition: position };
    this.user(content, { promptId: this.desk.random.uuid(), ...marks });
  }

  says(...blocks: readonly object[]): void {
    const answer = new Answer(this.desk, this.chain, 'end_turn');
    this.write(...blocks.map((block) => answer.block(block)));
  }

  /** A call of a tool, and what it gave. */
  runs(name: string, input: object, content: Content, fields: object = {}): void {
    const id = `toolu_01${this.desk.random.hex(22)}`;
    this.says({ type: 'tool_use', id, name, input });
    this.user([{ type: 'tool_result', tool_use_id: id, content, is_error: 'userFeedback' in fields }], fields);
  }

  attach(attachment: object, shown: string): void {
    this.write(this.chain.attachment(attachment, shown));
  }

  queue(operation: string, content?: string, more: object = {}): void {
    const head = {
      type: 'queue-operation',
      operation,
      timestamp: this.desk.log.tick(50),
      sessionId: this.chain.sessionId,
    };
    this.write({ ...head, ...(content !== undefined && { content }), ...more });
  }

  note(type: string, fields: object): void {
    this.write({ type, sessionId: this.chain.sessionId, ...fields });
  }

  /** A file of a sub-agent; its records are `make`'s. */
  delegate(make: (chain: Chain) => readonly object[], meta: object = {}): void {
    const agentId = `a${this.desk.random.hex(16)}`;
    const folder = `${this.path.slice(0, -'.jsonl'.length)}/subagents`;
    const chain = new Chain(this.desk, { sessionId: this.chain.sessionId, agentId });
    this.desk.log.write(
      `${folder}/agent-${agentId}.meta.json`,
      JSON.stringify({ agentType: 'general-purpose', ...meta }),
    );
    this.desk.log.append(`${folder}/agent-${agentId}.jsonl`, ...make(chain));
  }

  beside(name: string, content: string): void {
    this.desk.log.write(`${this.path.slice(0, -'.jsonl'.length)}/${name}`, content);
  }
}

/** The record as a version would write it that marks nobody. */
function unmarked(record: object): object {
  const marks = [
    'origin',
    'promptSource',
    'turnOrigin',
    'turnPosition',
    'promptId',
    'permissionMode',
    'rendered',
    'renderedRole',
  ];
  const left = Object.entries(record).filter(([name]) => !marks.includes(name));
  return { ...Object.fromEntries(left), version: '2.0.64' };
}

const REFUSED = "The user doesn't want to proceed with this tool use. The tool use was rejected. ";
const TOLD = 'To tell you how to proceed, the user said:\n';
const text = (words: string) => ({ type: 'text', text: words });
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };

export function openClaude(desk: Desk): Page {
  const page = new ClaudePage(desk, true);
  page.write({ type: 'mode', mode: 'normal', sessionId: page.chain.sessionId });
  page.prompt('good morning');
  return {
    ways: {
      'a prompt': (words) => page.prompt(words),
      'a prompt in blocks': (words) => page.prompt([text(words), picture]),
      'a prompt behind what the editor shows': (words) =>
        page.prompt(`<ide_opened_file>The user opened a.ts</ide_opened_file>\n${words}`),
      'a prompt that waited in the queue'(words) {
        page.queue('enqueue', words);
        page.queue('dequeue');
        page.prompt(words, 'queued');
      },
      'a prompt that was taken in at a result'(words) {
        const [commandUuid, deliveryId] = [desk.random.uuid(), desk.random.uuid()];
        page.queue('enqueue', words);
        page.runs('Bash', { command: 'ls' }, 'a.ts');
        page.queue('remove', words, { reason: 'absorbed_mid_turn', commandUuid, deliveryId });
        const names = { source_uuid: commandUuid, delivery_id: deliveryId, commandMode: 'prompt', humanTurn: true };
        page.attach({ type: 'queued_command', prompt: words, ...names, origin: { kind: 'human' } }, words);
      },
      'words to a declined tool'(words) {
        const told = `${REFUSED}${TOLD}${words}`;
        page.runs('Bash', { command: 'rm' }, told, {
          toolUseResult: `Error: ${told}`,
          userFeedback: words,
          holdsPersonsWords: true,
        });
      },
    },
    carriers: {
      ...carriersOf(page),
      'a prompt of a script': (words) => page.user(words, { promptSource: 'sdk', entrypoint: 'sdk-cli' }),
      'a prompt of the system': (words) => page.user(words, { promptSource: 'system', turnOrigin: 'system' }),
      'a prompt of another kind': (words) => page.user(words, { origin: { kind: 'coordinator' } }),
      'a prompt without marks': (words) => page.user(words),
      'a prompt that was pulled back'(words) {
        page.queue('enqueue', words);
        page.queue('popAll', words);
      },
      'a notification in the queue'(words) {
        const note = `<task-notification>\n<result>${words}</result>\n</task-notification>`;
        page.queue('enqueue', note);
        page.queue('dequeue');
        page.user(note, { origin: { kind: 'task-notification' }, promptSource: 'system' });
      },
      'a notification that was taken in': (words) =>
        page.attach(
          { type: 'queued_command', prompt: words, commandMode: 'prompt', origin: { kind: 'task-notification' } },
          words,
        ),
      'what a request looked like': (words) =>
        page.note('api-request-blob', { hash: 'x', message: { role: 'user', content: [text(words)] } }),
    },
  };
}

export function openUnmarkedClaude(desk: Desk): Page {
  const page = new ClaudePage(desk, false);
  page.prompt('good morning');
  return {
    ways: {
      'a prompt': (words) => page.prompt(words),
      'a prompt in blocks': (words) => page.prompt([text(words), picture]),
      'a prompt behind a selection': (words) =>
        page.prompt(`<ide_selection>const a = 1;\n::stop\n</ide_selection>\n${words}`),
      'words to a declined tool': (words) =>
        page.runs('Bash', { command: 'rm' }, `${REFUSED}${TOLD}${words}`, {
          toolUseResult: 'Error',
          userFeedback: words,
        }),
    },
    carriers: carriersOf(page),
  };
}

function carriersOf(page: ClaudePage): Readonly<Record<string, Way>> {
  const { chain, desk } = page;
  return {
    'an answer': (words) => page.says(text(words)),
    'an answer among calls': (words) =>
      page.says(text('So:'), text(words), { type: 'tool_use', id: 'toolu_x', name: 'Bash', input: {} }),
    'a thought': (words) => page.says({ type: 'thinking', thinking: words, signature: 'c2ln' }),
    "a tool's input": (words) =>
      page.runs('Bash', { command: `cat <<'EOF'\n${words}\nEOF`, description: words }, 'done'),
    "a tool's result": (words) =>
      page.runs('Bash', { command: 'cat a' }, words, { toolUseResult: { stdout: words, stderr: words } }),
    "a tool's result in blocks": (words) => page.runs('Read', { file_path: 'a' }, [text(words), text(words)]),
    'a result beside a reminder'(words) {
      const id = `toolu_01${desk.random.hex(22)}`;
      page.says({ type: 'tool_use', id, name: 'Bash', input: {} });
      const reminder = text(`<system-reminder>\n${words}\n</system-reminder>`);
      page.user([{ type: 'tool_result', tool_use_id: id, content: 'x', is_error: false }, reminder]);
    },
    'a file that was written': (words) =>
      page.runs('Write', { file_path: 'a.md', content: words }, 'written', {
        toolUseResult: { type: 'create', content: words, structuredPatch: [{ lines: [`+${words}`] }] },
      }),
    'an error': (words) =>
      page.runs('Bash', { command: 'x' }, `Exit code 1\n${words}`, { toolUseResult: `Error: ${words}` }),
    'a refusal without words': (words) => page.runs('Bash', { command: words }, `${REFUSED}STOP what you are doing.`),
    'what a hook adds': (words) =>
      page.attach({ type: 'hook_additional_context', content: [words], hookName: 'x', hookEvent: 'Stop' }, words),
    'what a hook printed': (words) =>
      page.attach({ type: 'hook_success', stdout: words, content: words, hookEvent: 'PreToolUse' }, words),
    'feedback of a hook': (words) => page.user(`Stop hook feedback:\n${words}`, { isMeta: true }),
    'a hook at a prompt': (words) => page.user(`<user-prompt-submit-hook>\n${words}\n</user-prompt-submit-hook>`),
    'a reminder': (words) => page.user(`<system-reminder>\n${words}\n</system-reminder>`),
    'a reminder before a prompt': (words) => page.prompt(`<system-reminder>\n${words}\n</system-reminder>\ngo on`),
    'a reminder behind a prompt': (words) => page.prompt(`go on\n<system-reminder>\n${words}\n</system-reminder>`),
    'a selection before a prompt': (words) =>
      page.prompt(`<ide_selection>The user selected:\n${words}\n</ide_selection>\ngo on`),
    'a selection that closes its own tag': (words) =>
      page.prompt(`<ide_selection>\n</ide_selection>\n${words}\n</ide_selection>\ngo on`),
    'a selection in a block of its own': (words) =>
      page.prompt([text(`<ide_selection>\n${words}\n</ide_selection>`), text('go on')]),
    "an editor's complaints": (words) => page.prompt(`<ide_diagnostics>${words}</ide_diagnostics>\ngo on`),
    'a file that is attached': (words) =>
      page.attach({ type: 'file', filename: 'a.md', content: { type: 'text', file: { content: words } } }, words),
    'a file that was edited': (words) =>
      page.attach({ type: 'edited_text_file', filename: 'a.md', snippet: words }, words),
    'lines that are selected': (words) =>
      page.attach({ type: 'selected_lines_in_ide', content: words, filename: 'a.md' }, words),
    'a memory': (words) =>
      page.attach({ type: 'nested_memory', path: 'CLAUDE.md', content: { content: words } }, words),
    'a document in a prompt': (words) =>
      page.prompt([
        { type: 'document', title: words, source: { type: 'text', media_type: 'text/plain', data: words } },
        text('see above'),
      ]),
    'a summary of a compaction': (words) =>
      page.user(`This session is being continued from a previous conversation.\n${words}`, {
        isCompactSummary: true,
        isVisibleInTranscriptOnly: true,
      }),
    'a boundary of a compaction': (words) =>
      page.write(chain.record('system', { subtype: 'compact_boundary', content: words, compactMetadata: {} })),
    'a request for a summary': (words) =>
      page.user(`Your task is to create a detailed summary of the conversation\n${words}`, { isMeta: true }),
    'a slash command': (words) =>
      page.user(
        `<command-name>/review</command-name>\n<command-message>review</command-message>\n<command-args>${words}</command-args>`,
      ),
    'output of a slash command': (words) => page.user(`<local-command-stdout>${words}</local-command-stdout>`),
    'errors of a slash command': (words) => page.user(`<local-command-stderr>\n${words}\n</local-command-stderr>`),
    'a warning about slash commands': (words) =>
      page.user(`<local-command-caveat>Caveat: ${words}</local-command-caveat>`, { isMeta: true }),
    'what a skill says': (words) =>
      page.user([text(`Base directory for this skill: /w\n\n${words}`)], { isMeta: true }),
    'a shell command of the person': (words) => page.user(`<bash-input>cat <<'EOF'\n${words}\nEOF</bash-input>`),
    'output of a shell command': (words) =>
      page.user(`<bash-stdout>${words}</bash-stdout><bash-stderr>${words}</bash-stderr>`),
    'a memory that is noted': (words) => page.user(`<user-memory-input>${words}</user-memory-input>`),
    'an interruption': (words) => page.user([text(`[Request interrupted by user]\n${words}`)]),
    'a message of a teammate': (words) =>
      page.user(`<teammate-message teammate_id="x">\n${words}\n</teammate-message>`),
    'a notification of a task': (words) =>
      page.user(`<task-notification>\n<result>${words}</result>\n</task-notification>`),
    'an accepted plan': (words) =>
      page.user(`Implement the following plan:\n\n${words}`, {
        planContent: words,
        origin: { kind: 'human' },
        promptSource: 'typed',
      }),
    'a note of the system': (words) =>
      page.write(chain.record('system', { subtype: 'informational', content: words, level: 'info' })),
    'output that the system tells': (words) =>
      page.write(
        chain.record('system', {
          subtype: 'local_command',
          content: `<local-command-stdout>${words}</local-command-stdout>`,
        }),
      ),
    'progress of a tool': (words) =>
      page.write(chain.record('progress', { data: { type: 'bash_progress', output: words, fullOutput: words } })),
    'progress of a sub-agent': (words) =>
      page.write(
        chain.record('progress', {
          data: {
            type: 'agent_progress',
            prompt: words,
            agentId: 'a1',
            message: { type: 'user', message: { role: 'user', content: words } },
          },
        }),
      ),
    'a title': (words) => page.note('custom-title', { customTitle: words }),
    'a summary': (words) => page.note('summary', { summary: words, leafUuid: chain.tip }),
    'the last prompt': (words) => page.note('last-prompt', { lastPrompt: words, leafUuid: chain.tip }),
    'a backup of files': (words) =>
      page.note('file-history-snapshot', { messageId: 'x', snapshot: { trackedFileBackups: { [words]: words } } }),
    'a record of an unknown kind': (words) => page.note('weather', { message: { role: 'user', content: words } }),
    'the list of prompts': (words) =>
      desk.log.append('.claude/history.jsonl', { display: words, timestamp: desk.log.nowMs(), project: desk.cwd }),
    "a sub-agent's prompt": (words) => page.delegate((helper) => [helper.user(words)], { description: words }),
    "a sub-agent's answer": (words) =>
      page.delegate((helper) => [helper.user('help'), new Answer(desk, helper, 'end_turn').block(text(words))]),
    'what a sub-agent is told later': (words) =>
      page.delegate((helper) => [helper.user('help'), helper.user(words, { isMeta: true })]),
    'a side chain': (words) => page.user(words, { isSidechain: true }),
    'a result in a file of its own'(words) {
      page.beside('tool-results/toolu_x.txt', words);
      page.runs(
        'Bash',
        { command: 'x' },
        `<persisted-output>\nOutput too large. Full output saved to: ${page.path}/tool-results/toolu_x.txt\n</persisted-output>`,
      );
    },
  };
}
