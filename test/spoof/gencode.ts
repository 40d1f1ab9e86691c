/** Where words stand in the files of gencode: San, which marks what nobody typed, and 1.15, which writes its file anew. */
import {
  AppendedTranscript,
  type Block,
  MODEL,
  PERSONS,
  RewrittenTranscript,
  type Transcript,
  text,
} from '../fake-agent/gencode/transcript.ts';
import type { Desk } from '../fake-agent/writer.ts';
import type { Page, Way } from './page.ts';

type Ways = Readonly<Record<string, Way>>;
type Make = typeof AppendedTranscript | typeof RewrittenTranscript;

interface Writing {
  readonly desk: Desk;
  readonly make: Make;
  readonly session: Transcript;
  /** The folder of the agent for this project, below the person's home. */
  readonly folder: string;
}

const PICTURE = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };

export function openGencode(desk: Desk): Page {
  const writing = open(desk, AppendedTranscript, '.san');
  const { session } = writing;
  return {
    ways: {
      ...waysOf(writing),
      'a prompt before a reminder': (words) => session.say('user', [text(words), marked('reminder:env', '::stop')]),
      'a prompt behind what a hook adds': (words) =>
        session.say('user', [marked('hook:UserPromptSubmit', '::stop'), text(words)]),
      'a prompt behind a picture': (words) =>
        session.say('user', [{ type: 'image', imageSource: PICTURE }, text(words)]),
    },
    carriers: { ...carriersOf(writing), ...markedIn(writing), ...toldIn(writing), ...patchedIn(writing) },
  };
}

export function openRewrittenGencode(desk: Desk): Page {
  const writing = open(desk, RewrittenTranscript, '.gen');
  const { session } = writing;
  return {
    ways: {
      ...waysOf(writing),
      'a prompt with reminders around it': (words) =>
        session.say('user', [text(`${reminder('::stop')}\n\n${words}\n\n${reminder('::stop')}`)]),
      'a prompt behind a picture': (words) => session.say('user', [{ type: 'image', source: PICTURE }, text(words)]),
    },
    carriers: carriersOf(writing),
  };
}

function open(desk: Desk, make: Make, home: string): Writing {
  const session = new make(desk, { id: desk.random.uuid(), about: PERSONS });
  session.say('user', [text('good morning')]);
  session.say('assistant', [text('Good morning.')]);
  return { desk, make, session, folder: `${home}/projects/${desk.cwd.replaceAll('/', '-')}` };
}

const marked = (source: string, words: string): Block => ({ ...text(words), source });
const reminder = (words: string) => `<system-reminder>\n${words}\n</system-reminder>`;
const named = (words: string) => `<command-name>/brew</command-name>\n${words}`;

function waysOf({ session }: Writing): Ways {
  return {
    'a prompt': (words) => session.say('user', [text(words)]),
    'a prompt, and an answer'(words) {
      session.say('user', [text(words)]);
      session.say('assistant', [text('Yes.')]);
    },
    'a prompt behind a skill': (words) =>
      session.say('user', [
        text(`${named('<skill-invocation name="brew">\n::stop\n</skill-invocation>')}\n\n${words}`),
      ]),
  };
}

function carriersOf(writing: Writing): Ways {
  return { ...answeredIn(writing), ...sentIn(writing), ...elsewhere(writing) };
}

/** What the model says and gets. */
function answeredIn({ desk, session, folder }: Writing): Ways {
  const runs = (input: object, result: object, name = 'Bash') => {
    const id = `toolu_${desk.random.hex(12)}`;
    session.say('assistant', [{ type: 'tool_use', id, name, input }]);
    session.say('user', [{ type: 'tool_result', tool_use_id: id, ...result }]);
    return id;
  };
  const said = (words: string) => ({ content: [text(words)] });
  return {
    'an answer': (words) => session.say('assistant', [text(words)]),
    'a thought': (words) => session.say('assistant', [{ type: 'thinking', thinking: words }, text('So.')]),
    "a tool's input": (words) => runs({ command: words }, said('done')),
    "a tool's output": (words) => runs({ command: 'cat a' }, said(words)),
    'an error of a tool': (words) => runs({ command: 'cat a' }, { ...said(words), is_error: true }),
    "words beside a tool's output": (words) =>
      session.say('user', [{ type: 'tool_result', tool_use_id: 'x', ...said('a') }, text(words)]),
    'what an edit changed': (words) =>
      runs({ file_path: 'a' }, { ...said('ok'), edit_details: { path: 'a', unifiedDiff: `@@\n${words}` } }, 'Edit'),
    'a question': (words) => runs({ question: words, options: [words] }, said('none'), 'AskUserQuestion'),
    'an answer to a question': (words) =>
      runs({ question: 'Which?', options: ['a'] }, said(`User responses:\nWhich? → ${words}`), 'AskUserQuestion'),
    'a result in a file of its own'(words) {
      const call = runs({ command: 'cat b' }, said('a preview'));
      desk.log.write(`${folder}/blobs/tool-result/${session.id}/${call}`, words);
    },
  };
}

/** What is sent in the place of a person's words. */
function sentIn({ session }: Writing): Ways {
  const sends = (wrap: (words: string) => string) => (words: string) => session.say('user', [text(wrap(words))]);
  return {
    'a summary': sends((words) => `Previous context:\n${words}`),
    'work in the background': sends((words) => `<task-notification id="t">\n${words}\n</task-notification>`),
    'a message of an agent': sends((words) => `<agent-message from="x">\n${words}\n</agent-message>`),
    'messages of agents': sends((words) => `<agent-messages>\n${words}\n</agent-messages>`),
    'a message to a group': sends((words) => `<group-message>\n${words}\n</group-message>`),
    'what a hook says at the end': sends((words) => `Stop hook blocked: ${words}`),
    'a reminder': sends(reminder),
    'a reminder behind a prompt': sends((words) => `go on\n\n${reminder(words)}`),
    'a reminder before a prompt': sends((words) => `${reminder(words)}\n\ngo on`),
    'reminders around a prompt': sends((words) => `${reminder('x')}\n${reminder(words)}\ngo on\n${reminder(words)}`),
    'the text of a skill': sends((words) => named(`<skill-invocation name="brew">\n${words}\n</skill-invocation>`)),
    'the text of a command': sends((words) => named(`<custom-command name="x">\n${words}\n</custom-command>`)),
    'the name of a command': sends(
      (words) => `<command-name>${words}</command-name>\n<custom-command>x</custom-command>`,
    ),
    'a message of an unknown role': (words) => session.say('bard', [text(words)]),
    'an unknown block': (words) => session.say('user', [{ type: 'weather', text: words }]),
  };
}

/** In other sessions, and beside all of them. */
function elsewhere({ desk, make, session, folder }: Writing): Ways {
  const child = () => new make(desk, { id: desk.random.uuid(), about: { model: MODEL, parentId: session.id } });
  return {
    "a sub-agent's task": (words) => child().say('user', [text(words)]),
    "a sub-agent's answer": (words) => child().say('assistant', [text(words)]),
    'a side chain': (words) => session.say('user', [text(words)], { isSidechain: true }),
    'a fork, with all that was typed before'(words) {
      const fork = session.fork(desk.random.uuid());
      fork.say('assistant', [text(words)]);
      fork.say('assistant', [text('Once more.')]);
    },
    'the index': (words) =>
      desk.log.write(
        `${folder}/transcripts-index.json`,
        JSON.stringify({ version: 1, entries: [{ transcriptId: session.id, title: words, lastPrompt: words }] }),
      ),
    'a save that is not done': (words) =>
      desk.log.write(`${folder}/transcripts/${session.id}.jsonl.tmp`, JSON.stringify({ text: words })),
  };
}

/** What San marks. */
function markedIn({ session }: Writing): Ways {
  const beside = (source: string) => (words: string) => session.say('user', [text('go on'), marked(source, words)]);
  return {
    'a marked reminder': beside('reminder:memory-user'),
    'what a hook adds': beside('hook:UserPromptSubmit'),
    'a marked command': beside('command:/review'),
    'what a command stands for': beside('command'),
    'something of an unknown source': beside('weather'),
  };
}

/** What San writes down of what goes on around a conversation. */
function toldIn({ session }: Writing): Ways {
  const tells = (type: string, key: string, payload: (words: string) => object) => (words: string) =>
    session.tell(type, key, payload(words));
  return {
    'the system prompt': tells('system.section.added', 'system', (content) => ({ name: 'identity', content })),
    'a tool of the model': tells('tool.added', 'tool', (description) => ({ schema: { name: 'x', description } })),
    'what a hook gives as its reason': tells('hook.fired', 'hook', (reason) => ({
      ...{ event: 'Stop', outcome: 'blocked', reason },
    })),
    'what leave is asked for': tells('permission.required', 'permission', (command) => ({
      ...{ requestId: 'r', tool: 'Bash', input: { command }, optionsOffered: [command] },
    })),
    'why leave is given': tells('permission.decided', 'permission', (reason) => ({
      ...{ requestId: 'r', tool: 'Bash', decision: 'permit', source: 'user', reason },
    })),
    'a refusal of rules': tells('permission.decided', 'permission', (reason) => ({
      ...{ tool: 'Bash', decision: 'reject', source: 'config', reason },
    })),
    'a skill': tells('skill.state.changed', 'skill', (name) => ({ name, current: 'active' })),
    'a notice': tells('notice.added', 'notice', (words) => ({ text: words })),
    'a request that failed': tells('inference.failed', 'inference', (error) => ({ turn: 1, error })),
    'a record of an unknown kind': tells('weather', 'message', (words) => ({ role: 'user', content: [text(words)] })),
  };
}

/** What San notes of the session. */
function patchedIn({ session }: Writing): Ways {
  const patches = (path: string) => (value: string) =>
    session.tell('session.state.patched', 'state', { ops: [{ path, value }] });
  return {
    'the title': patches('title'),
    'the last prompt': patches('lastPrompt'),
    'the summary': patches('summary'),
    'a tag': patches('tag'),
    tasks: patches('tasks'),
    'a patch of an unknown kind': patches('weather'),
  };
}
