/** Where words stand in the files of Codex: 0.169, in items that say who speaks, and 0.142, in two streams that do not. */
import { projectRules, Rollout, rolloutPath, shellWords, shownOutput, uuid7 } from '../fake-agent/codex/rollout.ts';
import type { Desk } from '../fake-agent/writer.ts';
import type { Page, Way } from './page.ts';

/** What the record says of a message: who made it. */
interface Mark {
  readonly kind: string;
  readonly by: 'user' | 'harness' | 'agents_md';
}

class CodexPage {
  readonly desk: Desk;
  readonly thread: string;
  readonly isPaginated: boolean;
  readonly file: Rollout;
  #turn = '';

  constructor(desk: Desk, isPaginated: boolean, meta: object = {}) {
    this.desk = desk;
    this.isPaginated = isPaginated;
    desk.log.pause(5);
    this.thread = uuid7(desk.random, desk.log.nowMs());
    this.file = new Rollout(desk, rolloutPath(desk.log.now(), this.thread), isPaginated ? 0 : undefined);
    const version = isPaginated ? { cli_version: '0.169.0', history_mode: 'paginated' } : { cli_version: '0.142.0' };
    const who = { originator: 'codex-tui', source: 'cli', thread_source: 'user', model_provider: 'mock' };
    const head = {
      id: this.thread,
      session_id: this.thread,
      timestamp: desk.log.now(),
      cwd: desk.cwd,
      ...who,
      ...version,
    };
    this.file.line('session_meta', { ...head, ...meta });
    this.turn();
  }

  turn(): void {
    this.#turn = uuid7(this.desk.random, this.desk.log.nowMs());
    this.file.event('task_started', { turn_id: this.#turn, model_context_window: 258400 });
    this.file.line('turn_context', { turn_id: this.#turn, cwd: this.desk.cwd, model: 'gpt-5.5', summary: 'auto' });
  }

  response(payload: object, mark?: Mark): void {
    const passthrough = mark && {
      content_item_kinds: [mark.kind],
      content_item_metadata: [{ provenance: { type: mark.by } }],
    };
    const marks = { turn_id: this.#turn, ...passthrough };
    const more = this.isPaginated ? { id: this.id('ri'), internal_chat_message_metadata_passthrough: marks } : {};
    this.file.line('response_item', { ...more, ...payload });
  }

  item(item: object): void {
    this.file.event('item_completed', {
      thread_id: this.thread,
      turn_id: this.#turn,
      item: { id: this.id('it'), ...item },
    });
  }

  /** A message of role `user` that nobody typed. */
  tells(words: string, kind: string, role = 'user'): void {
    this.response({ type: 'message', role, content: [{ type: 'input_text', text: words }] }, { kind, by: 'harness' });
  }

  /** A person's prompt, in both streams. */
  prompt(words: string, more: readonly object[] = []): void {
    const content = [{ type: 'input_text', text: words }, ...more];
    this.response({ type: 'message', role: 'user', content }, { kind: 'user.text', by: 'user' });
    if (this.isPaginated)
      this.item({ type: 'UserMessage', content: [{ type: 'text', text: words, text_elements: [] }] });
    else this.file.event('user_message', { message: words, images: [], local_images: [], text_elements: [] });
  }

  says(words: string, phase = 'final_answer'): void {
    if (this.isPaginated) this.item({ type: 'AgentMessage', content: [{ type: 'Text', text: words }], phase });
    else this.file.event('agent_message', { message: words, phase });
    this.response({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: words }], phase });
  }

  runs(call: object, output: unknown, type = 'function_call'): void {
    const call_id = this.id('call');
    this.response({ type, call_id, ...call });
    this.response({ type: `${type}_output`, call_id, output });
  }

  id(prefix: string): string {
    return `${prefix}_${uuid7(this.desk.random, this.desk.log.nowMs())}`;
  }
}

const IDE = '# Context from my IDE setup:\n\n## Active file: a.ts\n';
const REQUEST = '## My request for Codex:\n';
const PICTURE = { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' };

export function openCodex(desk: Desk): Page {
  return pageOf(new CodexPage(desk, true));
}

export function openLegacyCodex(desk: Desk): Page {
  return pageOf(new CodexPage(desk, false));
}

function pageOf(page: CodexPage): Page {
  page.prompt('good morning');
  page.says('Good morning.');
  return {
    ways: {
      'a prompt'(words) {
        page.turn();
        page.prompt(words);
        page.says('Yes.');
      },
      'a prompt while the agent works'(words) {
        page.runs({ name: 'exec_command', arguments: '{"cmd":"ls"}' }, 'a.ts');
        page.prompt(words);
        page.says('Yes.', 'commentary');
      },
      'a prompt with a picture'(words) {
        page.turn();
        page.prompt(words, [PICTURE]);
        page.says('A fine picture.');
      },
      'a prompt behind what the editor shows'(words) {
        page.turn();
        page.prompt(`${IDE}\n${REQUEST}${words}`);
        page.says('Yes.');
      },
    },
    carriers: { ...spoken(page), ...told(page), ...beside(page), ...elsewhere(page) },
  };
}

/** In what the model says and gets. */
function spoken(page: CodexPage): Readonly<Record<string, Way>> {
  const { file } = page;
  return {
    'an answer': (words) => page.says(words),
    'a comment': (words) => page.says(words, 'commentary'),
    'a thought'(words) {
      if (page.isPaginated) page.item({ type: 'Reasoning', summary_text: [words], raw_content: [words] });
      else file.event('agent_reasoning', { text: words });
      page.response({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: words }],
        content: null,
        encrypted_content: 'x',
      });
    },
    "a tool's input": (words) =>
      page.runs({ name: 'exec_command', arguments: JSON.stringify({ cmd: `cat <<'EOF'\n${words}\nEOF` }) }, 'done'),
    "a tool's output": (words) =>
      page.runs({ name: 'exec_command', arguments: '{"cmd":"cat a"}' }, shownOutput(page.desk.random, words)),
    "a tool's output in blocks": (words) =>
      page.runs({ name: 'view', arguments: '{}' }, [{ type: 'input_text', text: words }]),
    'a patch': (words) =>
      page.runs(
        { name: 'apply_patch', input: `*** Begin Patch\n+${words}\n*** End Patch`, status: 'completed' },
        words,
        'custom_tool_call',
      ),
    'what a command printed': (words) =>
      page.item({
        type: 'CommandExecution',
        command: ['cat'],
        source: 'unified_exec_startup',
        status: 'completed',
        aggregated_output: words,
        exit_code: 0,
      }),
    'the end of a command': (words) =>
      file.event('exec_command_end', {
        call_id: page.id('call'),
        stdout: words,
        stderr: words,
        aggregated_output: words,
        exit_code: 0,
      }),
    'a result of a server': (words) =>
      file.event('mcp_tool_call_end', {
        call_id: page.id('call'),
        invocation: { server: 'x', tool: 'y' },
        result: { Ok: { content: [{ type: 'text', text: words }] } },
      }),
    'a search': (words) =>
      page.response({ type: 'web_search_call', status: 'completed', action: { type: 'search', query: words } }),
    'a plan': (words) =>
      page.runs(
        {
          name: 'update_plan',
          arguments: JSON.stringify({ explanation: words, plan: [{ step: words, status: 'pending' }] }),
        },
        'Plan updated',
      ),
    'the last words of a task': (words) => file.event('task_complete', { turn_id: 'x', last_agent_message: words }),
    'an answer to a question': (words) =>
      page.runs(
        {
          name: 'request_user_input',
          arguments: JSON.stringify({ questions: [{ id: 'q', header: 'Q', question: words }] }),
        },
        JSON.stringify({ answers: { q: { answers: [words] } } }),
      ),
  };
}

/** In what the harness tells in the user's role, or in another. */
function told(page: CodexPage): Readonly<Record<string, Way>> {
  const { desk } = page;
  return {
    'the rules of the project': (words) =>
      page.tells(
        `${projectRules(desk.cwd).replace('</INSTRUCTIONS>', '')}${words}\n</INSTRUCTIONS>`,
        'agents_md.instructions',
      ),
    'the environment': (words) =>
      page.tells(`<environment_context>\n${words}\n</environment_context>`, 'environments.environment_context'),
    'instructions of the user': (words) =>
      page.tells(`<user_instructions>\n${words}\n</user_instructions>`, 'generic.user_instructions'),
    permissions: (words) =>
      page.tells(
        `<permissions instructions>\n${words}\n</permissions instructions>`,
        'permissions.instructions',
        'developer',
      ),
    'a developer': (words) => page.tells(words, 'generic.developer', 'developer'),
    'a hook': (words) => page.tells(`<hook_prompt hook="stop">\n${words}\n</hook_prompt>`, 'hooks.stop'),
    'an abort': (words) => page.tells(`<turn_aborted>\n${words}\n</turn_aborted>`, 'generic.turn_aborted'),
    'a shell command of the person': (words) => page.tells(shellWords(words, 'x'), 'shell.user_command'),
    'output of a shell command': (words) => page.tells(shellWords('cat a', words), 'shell.user_command'),
    'a notification of a sub-agent': (words) =>
      page.tells(`<subagent_notification>\n${words}\n</subagent_notification>`, 'multi_agent.subagent_notification'),
    'a skill': (words) => page.tells(`<skill>\n<name>x</name>\n${words}\n</skill>`, 'skills.skill'),
    'a goal': (words) => page.tells(`<goal_context>\n${words}\n</goal_context>`, 'goals.goal'),
    'a switch of models': (words) => page.tells(`<model_switch>\n${words}\n</model_switch>`, 'models.switch'),
    'a warning': (words) =>
      page.tells(
        `Warning: The maximum number of unified exec processes you can keep open is 60.\n${words}`,
        'generic.warning',
      ),
    plugins: (words) => page.tells(`<recommended_plugins>\n${words}\n</recommended_plugins>`, 'plugins.recommended'),
    'a tag of tomorrow': (words) => page.tells(`<some_new_context>\n${words}\n</some_new_context>`, 'unknown'),
    'what the editor shows': (words) => page.prompt(`${IDE}\n## Selection:\n${words}\n\n${REQUEST}go on`),
    'a selection that looks like a request': (words) =>
      page.prompt(`${IDE}\n## Selection:\n${REQUEST}${words}\n\n${REQUEST}go on`),
    'what the editor shows, without a request': (words) => page.prompt(`${IDE}\n${words}`),
    'files that are mentioned': (words) =>
      page.prompt(`# Files mentioned by the user:\n\n## a.md: /w/a.md\n${words}\n\n${REQUEST}go on`),
    'a summary': (words) =>
      page.file.line('compacted', {
        message: words,
        replacement_history: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: words }] }],
      }),
    'a handed-over summary': (words) =>
      page.tells(
        `Another language model started to solve this problem and produced a summary of its thinking process.\n${words}`,
        'compaction.summary',
      ),
    'an error': (words) => page.file.event('error', { message: words, codex_error_info: 'other' }),
    'a notice': (words) => page.file.event('background_event', { message: words }),
  };
}

/** In records of other kinds, and in files beside the sessions. */
function beside(page: CodexPage): Readonly<Record<string, Way>> {
  const { file, desk } = page;
  return {
    'the state of the world': (words) => file.line('world_state', { full: true, state: { note: words } }),
    'a kind of record that nobody knows': (words) =>
      file.line('weather', { type: 'message', role: 'user', content: [{ type: 'input_text', text: words }] }),
    'an event that nobody knows': (words) => file.event('weather_report', { message: words, role: 'user' }),
    'a snapshot': (words) =>
      page.response({ type: 'ghost_snapshot', ghost_commit: { id: 'x', preexisting_untracked_files: [words] } }),
    'the context of a turn': (words) =>
      file.line('turn_context', {
        turn_id: 'x',
        cwd: desk.cwd,
        model: 'gpt-5.5',
        user_instructions: words,
        summary: 'auto',
      }),
    'the list of prompts': (words) =>
      desk.log.append('.codex/history.jsonl', { session_id: page.thread, ts: 1, text: words }),
    'the list of titles': (words) =>
      desk.log.append('.codex/session_index.jsonl', { id: page.thread, thread_name: words }),
  };
}

/** In threads that nobody types to. */
function elsewhere({ desk, isPaginated, thread }: CodexPage): Readonly<Record<string, Way>> {
  const spawn = { subagent: { thread_spawn: { parent_thread_id: thread, depth: 1, agent_nickname: 'Newton' } } };
  const helper = { source: spawn, thread_source: 'subagent', parent_thread_id: thread };
  const other = (meta: object) => new CodexPage(desk, isPaginated, meta);
  return {
    "a sub-agent's task": (words) => other(helper).prompt(words),
    "a sub-agent's answer": (words) => other(helper).says(words),
    'a review': (words) =>
      other({ source: { subagent: 'review' }, thread_source: 'subagent', parent_thread_id: thread }).prompt(words),
    'a prompt of a script': (words) =>
      other({ source: 'exec', originator: 'codex_exec', thread_source: 'automation' }).prompt(words),
    'the base instructions': (words) => void other({ base_instructions: { text: words }, instructions: words }),
  };
}
