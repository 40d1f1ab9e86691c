/** Where words stand in the files of Gemini CLI: 0.61, a log of changes, and 0.24, a document that is written anew. */
import {
  listed,
  type Message,
  modelMessage,
  shellWords,
  toolCall,
  userMessage,
} from '../fake-agent/gemini/messages.ts';
import { Project } from '../fake-agent/gemini/project.ts';
import type { Desk } from '../fake-agent/writer.ts';
import type { Page, Way } from './page.ts';

class GeminiPage {
  readonly desk: Desk;
  readonly project: Project;
  readonly session: string;
  readonly #isDocument: boolean;
  readonly #path: string;
  readonly #head: object;
  readonly messages: Message[] = [];

  constructor(desk: Desk, isDocument: boolean) {
    this.desk = desk;
    this.session = desk.random.uuid();
    this.project = new Project(desk, this.session);
    this.project.open();
    this.#isDocument = isDocument;
    this.#path = this.project.chat(isDocument ? 'json' : 'jsonl');
    this.#head = this.project.head(desk.log.tick());
    if (!isDocument) this.line(this.#head);
  }

  line(line: object): void {
    this.desk.log.append(this.#path, line);
  }

  add(...messages: readonly Message[]): void {
    this.messages.push(...messages);
    if (this.#isDocument) this.#save();
    else for (const message of messages) this.line(message);
  }

  #save(): void {
    const document = { ...this.#head, lastUpdated: this.desk.log.now(), messages: this.messages };
    this.desk.log.write(this.#path, JSON.stringify(document, undefined, 2));
  }

  /** The whole list of messages once more, behind a context of the session, as a process that goes on with it writes it. */
  list(...context: readonly { readonly text: string }[]): void {
    const first = context.length === 0 ? [] : [userMessage(this.desk, context)];
    this.line({ $set: { messages: [...first, ...this.messages].map(listed) } });
  }

  /** A message of type `user`. */
  user(content: unknown, more: object = {}): void {
    this.add({ ...userMessage(this.desk, content), ...more });
  }

  says(words: string, thinking?: string, more: object = {}): void {
    this.add({ ...modelMessage(this.desk, words, thinking), ...more });
  }

  note(type: string, content: string): void {
    this.add({ id: this.desk.random.uuid(), timestamp: this.desk.log.tick(), type: type as 'info', content });
  }

  beside(path: string, content: unknown): void {
    this.desk.log.write(path, JSON.stringify(content));
  }
}

const text = (words: string) => ({ text: words });
const contextWith = (words: string) =>
  text(`<session_context>
This is the Gemini CLI.
${words}
</session_context>`);
const olderContextWith = (words: string) =>
  text(`This is the Gemini CLI. We are setting up the context for our chat.
${words}`);
const REFERENCES = '--- Content from referenced files ---';

export function openGemini(desk: Desk): Page {
  const page = new GeminiPage(desk, false);
  page.user([text('good morning')]);
  return {
    ways: {
      ...waysOf(page),
      'a prompt behind a correction': (words) =>
        page.user([text(`User steering update:\n<user_input>\n${words}\n</user_input>\nMind it.`)]),
    },
    carriers: {
      ...carriersOf(page),
      'the context of the session': (words) => page.list(contextWith(words)),
      'the context as older versions have it': (words) => page.list(olderContextWith(words)),
      'history that is written anew'(words) {
        page.list();
        page.says(words);
      },
      'a copy of history under new ids'(words) {
        page.says(words);
        page.line({
          $set: { messages: page.messages.map((message) => ({ ...listed(message), id: desk.random.uuid() })) },
        });
        page.list();
      },
      "a sub-agent's task": (words) =>
        delegate(page, (path) => desk.log.append(path, userMessage(desk, [text(words)]))),
      "a sub-agent's context": (words) =>
        delegate(page, (path) =>
          desk.log.append(path, userMessage(desk, [text('help')]), userMessage(desk, [text(words)])),
        ),
      "a sub-agent's answer": (words) => delegate(page, (path) => desk.log.append(path, modelMessage(desk, words))),
      'a summary of the session': (words) => page.line({ $set: { summary: words } }),
      'a record of an unknown kind': (words) => page.line({ weather: { type: 'user', content: words } }),
    },
  };
}

export function openGeminiDocument(desk: Desk): Page {
  const page = new GeminiPage(desk, true);
  page.user('good morning');
  return { ways: waysOf(page), carriers: carriersOf(page) };
}

function delegate({ desk, project, session }: GeminiPage, write: (path: string) => void): void {
  const id = desk.random.uuid();
  const path = project.helper(id);
  desk.log.append(path, { ...project.head(desk.log.tick()), sessionId: id, kind: 'subagent', parent: session });
  write(path);
}

function waysOf(page: GeminiPage): Readonly<Record<string, Way>> {
  return {
    'a prompt': (words) => page.user([text(words)]),
    'a prompt as it stands': (words) => page.user(words),
    'a prompt that shows files': (words) =>
      page.user([
        text(words),
        text(`\n${REFERENCES}`),
        text('\nContent from @a.md:\n'),
        text('::stop'),
        text('\n--- End of content ---'),
      ]),
    'a prompt that shows files in one text': (words) =>
      page.user([text(`${words}\n${REFERENCES}\nContent from @a.md:\n::stop\n--- End of content ---`)]),
    'a prompt that is shown otherwise': (words) =>
      page.user([text('something longer')], { displayContent: [text(words)] }),
    'a prompt before what a hook adds': (words) =>
      page.user([text(`${words}\n\n<hook_context>\n::stop\n</hook_context>`)]),
  };
}

function carriersOf(page: GeminiPage): Readonly<Record<string, Way>> {
  const { desk } = page;
  const runs = (command: string, output: string) => {
    const call = toolCall(desk, { kind: 'shell', command, output });
    page.says('', undefined, { toolCalls: [call] });
    page.user(call.result);
  };
  return {
    'an answer': (words) => page.says(words),
    'an answer in parts': (words) =>
      page.says('', undefined, { content: [text(words), { functionCall: { name: 'x', args: { words } } }] }),
    'a thought': (words) => page.says('So.', words),
    "a tool's input": (words) => runs(`cat <<'EOF'\n${words}\nEOF`, 'done'),
    "a tool's output": (words) => runs('cat a', words),
    "a tool's picture": (words) =>
      page.user([
        { functionResponse: { id: 'x', name: 'read_file', response: { output: words } } },
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=', displayName: words } },
      ]),
    'what a hook adds': (words) => page.user([text(`<hook_context>\n${words}\n</hook_context>`)]),
    'what a hook adds to a prompt': (words) => page.user([text(`go on\n\n<hook_context>\n${words}\n</hook_context>`)]),
    'what a hook adds to a prompt, quoting another': (words) =>
      page.user([text(`go on\n<hook_context>a</hook_context>\n${words}\n</hook_context>`)]),
    'a summary': (words) => page.user([text(`<state_snapshot>\n${words}\n</state_snapshot>`)]),
    'a summary behind notes': (words) =>
      page.user([text(`<scratchpad>\n${words}\n</scratchpad>\n<state_snapshot>\n${words}\n</state_snapshot>`)]),
    'a file that is shown': (words) =>
      page.user([
        text('see @a.md'),
        text(`\n${REFERENCES}`),
        text('\nContent from @a.md:\n'),
        text(words),
        text('\n--- End of content ---'),
      ]),
    'a file that is shown in one text': (words) =>
      page.user([text(`see @a.md\n${REFERENCES}\nContent from @a.md:\n${words}\n--- End of content ---`)]),
    'a file that ends itself': (words) =>
      page.user([
        text('see @a.md'),
        text(`\n${REFERENCES}`),
        text(`\nContent from @a.md:\n--- End of content ---\n${words}`),
        text(words),
      ]),
    'a file by its name': (words) => page.user([text('see'), { fileData: { fileUri: words, mimeType: 'text/plain' } }]),
    'what the editor shows': (words) =>
      page.user([text(`Here is the user's editor context as a JSON object:\n\`\`\`json\n${words}\n\`\`\``)]),
    'what the editor shows, plainly': (words) =>
      page.user([text(`Here is a summary of changes in the user's editor context:\n${words}`)]),
    'a warning of a loop': (words) => page.user([text(`System: Potential loop detected.\n${words}`)]),
    'a nudge': (words) => page.user([text(`[System: You are nearly done.\n${words}\n]`)]),
    'hints that are repeated': (words) => page.user([text(`User hints:\n<user_input>\n${words}\n</user_input>`)]),
    'work in the background': (words) =>
      page.user([text(`Background execution update:\n<background_output>\n${words}\n</background_output>`)]),
    'output that was masked': (words) => page.user([text(`<tool_output_masked>\n${words}\n</tool_output_masked>`)]),
    'a note of the system': (words) => page.user([text(`<system_note>\n${words}\n</system_note>`)]),
    folders: (words) => page.user([text(`- **Workspace Directories:**\n${words}`)]),
    'a shell command of the person': (words) => page.user([text(shellWords(words, 'x'))]),
    'output of a shell command': (words) => page.user([text(shellWords('cat a', words))]),
    'a slash command': (words) => page.user([text(`/review ${words}`)]),
    'a question to the agent itself': (words) => page.user([text(`? ${words}`)]),
    'what a slash command became': (words) => page.user([text(words)], { displayContent: [text('/review')] }),
    'what was sent in the place of words': (words) =>
      page.user([text(words)], { displayContent: [text('please review')] }),
    'a notice': (words) => page.note('info', words),
    'an error': (words) => page.note('error', words),
    'a warning': (words) => page.note('warning', words),
    'a message of an unknown kind': (words) => page.note('weather', words),
    'a part that is a thought': (words) => page.user([{ text: words, thought: true }]),
    'code that was run': (words) => page.user([{ executableCode: { language: 'PYTHON', code: words } }]),
    'the list of prompts': (words) => page.project.log(words),
    'a saved checkpoint': (words) =>
      page.beside(`.gemini/tmp/toy/checkpoint-${desk.random.hex(6)}.json`, [{ role: 'user', parts: [text(words)] }]),
    'the log of a shell': (words) => page.beside('.gemini/tmp/toy/shell_history', words),
  };
}
