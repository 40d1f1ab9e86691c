/** From the agent's file to the recorded file, through the log. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { commandPayloads } from '../../src/record/commands.ts';
import { HEAD, Studio } from './support.ts';

const heading = (second: number) => `# User_2026-07-01_1000_${String(second).padStart(2, '0')}`;

/** A method of this object, or what else it has by this name. */
function bound<T extends object>(target: T, name: string | symbol): unknown {
  const value = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

describe('recording', () => {
  it('begins with the line of its command and follows the conversation', async (t) => {
    const studio = new Studio(t);
    await studio.say('before');
    await studio.say(`hello\n::record ${studio.notes}/a.md\nafter`);
    assert.equal(studio.file('a.md'), `${HEAD}${heading(2)}\n\n::record ${studio.notes}/a.md\nafter\n`);
    await studio.say('more');
    assert.ok(studio.file('a.md').endsWith(`${heading(3)}\n\nmore\n`));
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
    assert.deepEqual(await studio.outcomes(), [`::record ${studio.notes}/a.md: done`]);
  });

  it('ends before the line that stops it, and begins again', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one', 'last words\n::stop\nnot this', 'unheard');
    assert.ok(studio.file('a.md').endsWith('last words\n'));
    await studio.say('::record', 'two');
    assert.ok(studio.file('a.md').endsWith('::record\n\n# User_2026-07-01_1000_06\n\ntwo\n'));
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
    assert.ok(!studio.file('a.md').includes('unheard'));
  });

  it('takes the whole conversation up to here when it is captured', async (t) => {
    const studio = new Studio(t);
    await studio.say('one', 'two', `::capture ${studio.notes}/a.md`, 'three');
    for (const word of ['one', 'two', '::capture', 'three']) assert.ok(studio.file('a.md').includes(`\n${word}`), word);
    await studio.say('::stop', 'unheard', `::capture ${studio.notes}/a.md`);
    assert.ok(studio.file('a.md').includes('unheard'));
    assert.deepEqual(studio.list(), ['a.md']);
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
  });

  it('has all its periods when what began, ended and resumed it is heard at once', async (t) => {
    for (const begin of ['record', 'capture']) {
      const studio = new Studio(t);
      studio.type('one', `::${begin} ${studio.notes}/a.md`, 'two', '::stop', 'unheard', '::record', 'three');
      await studio.take();
      for (const word of ['two', 'three']) assert.ok(studio.file('a.md').includes(`\n${word}`), word);
      assert.ok(!studio.file('a.md').includes('unheard'));
      assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
    }
  });

  it('is not written anew beyond what was heard, when more comes meanwhile', async (t) => {
    const studio = new Studio(t);
    const commandsIn = (text: string) => commandPayloads(text, { prefix: '' });
    await studio.restart();
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    studio.type('two', '::capture', 'three');
    await studio.stage.pass({ cause: 'live', commandsIn });
    studio.recorder = studio.make();
    await studio.recorder.open();
    studio.type('four\n::stop\nunheard', 'nor this');
    await studio.stage.pass({ cause: 'live', commandsIn });
    await studio.recorder.takeUp();
    assert.ok(studio.file('a.md').endsWith('three\n'));
    await studio.recorder.taken([studio.key]);
    assert.ok(studio.file('a.md').endsWith('four\n'));
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
  });

  it('writes once what is exported', async (t) => {
    const studio = new Studio(t);
    await studio.say('one', `two\n::export ${studio.notes}/a.md\nthree`, 'four');
    assert.ok(studio.file('a.md').endsWith(`two\n::export ${studio.notes}/a.md\n`));
    await studio.say(`::export ${studio.notes}/a.md`);
    assert.ok((await studio.outcomes()).some((one) => one.endsWith('failed (the file exists already)')));
    await studio.say(`::export ${studio.notes}/a.md +overwrite`);
    assert.ok(studio.file('a.md').includes('four'));
    assert.equal(studio.list().length, 2);
  });

  it('goes on in several files at once, in both formats', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md\n::record ${studio.notes}/b.jsonl`, 'one');
    const events = studio.file('b.jsonl').trimEnd().split('\n');
    assert.ok(events.map((line) => JSON.parse(line).kind).includes('user.message'));
    await studio.say(`::stop dest:${studio.notes}/a.md`, 'two');
    assert.ok(!studio.file('a.md').includes('two'));
    assert.equal(studio.file('b.jsonl'), await studio.export(`${studio.notes}/b.jsonl`));
  });

  it('prepares a file and makes it the one that later commands mean', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::init ${studio.notes}/a.md`);
    assert.equal(studio.file('a.md'), HEAD);
    await studio.say('::record', 'one');
    assert.equal(studio.file('a.md'), `${HEAD}${heading(2)}\n\n::record\n\n${heading(3)}\n\none\n`);
  });
});

it('a session is kept from when its transcript is built for a recording, and no longer if there is none after all', async (t) => {
  const studio = new Studio(t);
  await studio.say('one');
  const seen: boolean[] = [];
  const { policyFor } = studio.parts();
  studio.change = {
    policyFor(session) {
      seen.push(studio.recorder.isRecorded(studio.key));
      return policyFor(session);
    },
  };
  await studio.restart();
  const ask = (dest: string) => studio.recorder.ask(studio.key, { verb: 'record', dest, options: {} });
  assert.equal((await ask('/elsewhere/a.md')).kind, 'denied');
  assert.deepEqual([seen[0], studio.recorder.isRecorded(studio.key)], [true, false]);
  assert.equal((await ask(`${studio.notes}/a.md`)).kind, 'done');
  assert.equal(studio.recorder.isRecorded(studio.key), true);
});

describe('a command is done once', () => {
  it('whatever is read again, and however often kato is started', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one', '::stop', 'two');
    const before = studio.file('a.md');
    for (let round = 0; round < 3; round++) {
      await studio.restart();
      await studio.take();
      studio.stage.touch(studio.stage.path());
      await studio.take();
    }
    assert.equal(studio.file('a.md'), before);
    assert.deepEqual(await studio.outcomes(), ['::record '.concat(`${studio.notes}/a.md: done`), '::stop: done']);
  });

  it('also when it came while nobody listened', async (t) => {
    const studio = new Studio(t);
    await studio.say('one');
    await studio.recorder.start();
    studio.type(`::record ${studio.notes}/a.md`, 'two');
    await studio.stage
      .pass({
        cause: 'live',
        commandsIn: (await import('../../src/record/commands.ts')).commandPayloads.bind(null) as never,
      })
      .catch(() => {});
    await studio.restart();
    await studio.take();
    assert.ok(studio.file('a.md').includes('two'));
  });

  it('and never when it is history', async (t) => {
    const studio = new Studio(t);
    studio.type(`::record ${studio.notes}/a.md`, 'one');
    await studio.take('import');
    assert.deepEqual(studio.list(), []);
    assert.deepEqual(await studio.outcomes(), [`::record ${studio.notes}/a.md: ignored (it is history)`]);
  });

  it('and never before the first start', async (t) => {
    const studio = new Studio(t);
    studio.change = {
      rules: { enabled: true, automated: false, prefix: '', perMinute: 0, since: '2026-08-01T00:00:00.000Z' },
    };
    await studio.restart();
    await studio.say(`::record ${studio.notes}/a.md`);
    assert.deepEqual(studio.list(), []);
    assert.match((await studio.outcomes())[0] ?? '', /ignored \(it was typed before/);
  });

  it('and never before its folder was to be read', async (t) => {
    const studio = new Studio(t);
    const rules = { ...studio.parts().rules, roots: [] as { provider: string; path: string; since: string }[] };
    const root = { provider: 'claude-code', path: studio.stage.root };
    studio.change = { rules };
    studio.recorder = studio.make();
    for (const since of [undefined, '2026-08-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']) {
      rules.roots = since === undefined ? [] : [{ ...root, since }];
      studio.recorder = studio.make();
      await studio.recorder.start();
      await studio.say(`::record ${studio.notes}/${since?.slice(5, 7)}.md`);
    }
    assert.deepEqual(studio.list(), ['01.md']);
    assert.match(
      (await studio.outcomes()).join(),
      /ignored \(it was typed before kato was.*ignored \(its file is in none/,
    );
  });
});

describe('what goes wrong', () => {
  it('a place that is not allowed does not lose the recording', async (t) => {
    const studio = new Studio(t);
    await studio.say('::record /etc/a.md', 'one');
    const generated = readFileSync(`${studio.recordings}/generated.md`, 'utf8');
    assert.ok(generated.includes('one'));
    assert.deepEqual(await studio.outcomes(), [
      '::record /etc/a.md: redirected (it is outside the folders where kato may write)',
    ]);
    await studio.say('::stop', `::export ${studio.notes}/AGENTS.md`);
    assert.ok((await studio.outcomes()).some((one) => one.includes('denied (files of this name guide')));
  });

  it('nor does a place that cannot be written', async (t) => {
    const studio = new Studio(t);
    mkdirSync(`${studio.notes}/a.md`);
    symlinkSync('/nowhere', `${studio.notes}/link`);
    await studio.say(`::record ${studio.notes}/link/a.md`, 'one');
    assert.ok(readFileSync(`${studio.recordings}/generated.md`, 'utf8').includes('one'));
    assert.match((await studio.outcomes())[0] ?? '', /redirected \(a part of the path is a/);
  });

  it('mistakes are told, and the lines around them run', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::recrod x.md\n::record relative.md\n::record ${studio.notes}/a.md`, 'one');
    assert.ok(studio.file('a.md').includes('one'));
    const outcomes = await studio.outcomes();
    assert.ok(outcomes.some((one) => one.startsWith('::recrod x.md: failed (unknown command')));
    assert.ok(outcomes.some((one) => one.startsWith('::record relative.md: ')));
  });

  it('a text of the user is never replaced: capture goes below it, overwrite keeps a copy', async (t) => {
    const studio = new Studio(t);
    writeFileSync(`${studio.notes}/a.md`, '# Mine\n\nmy words\n');
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    assert.ok(studio.file('a.md').startsWith('# Mine\n\nmy words\n\n# User'));
    await studio.say(`::stop`, `::capture ${studio.notes}/a.md +overwrite`);
    assert.ok(!studio.file('a.md').includes('my words'));
    const [, backup = ''] = studio.list();
    assert.ok(backup.startsWith('a.md.bak-'));
    assert.ok(studio.file(backup).startsWith('# Mine\n\nmy words\n'));
  });

  it('what the user writes while a recording is captured again is kept', async (t) => {
    const studio = new Studio(t);
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    const begin: typeof nodeDestinations.begin = (...args) => {
      appendFileSync(`${studio.notes}/a.md`, 'mine\n');
      return nodeDestinations.begin(...args);
    };
    studio.change = { files: { ...nodeDestinations, begin } };
    await studio.restart();
    await studio.say('two', '::capture');
    const [, backup = ''] = studio.list();
    assert.ok(studio.file(backup).endsWith('mine\n'));
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
  });

  it('an edited recording that is captured again is kept beside the new one', async (t) => {
    const studio = new Studio(t);
    await studio.say('one', `::capture ${studio.notes}/a.md`);
    const edited = studio.file('a.md').replace('one', 'ONE');
    writeFileSync(`${studio.notes}/a.md`, edited);
    await studio.say('::stop', `::capture ${studio.notes}/a.md`);
    const [, backup = ''] = studio.list();
    assert.equal(studio.file(backup), edited);
    assert.ok(studio.file('a.md').includes('\none\n'));
  });
});

it('the head grows with the conversation, and what the user wrote into it stays', async (t) => {
  const studio = new Studio(t);
  let models = ['one'];
  studio.change = {
    headOf: () => '---\ntitle: x\nparticipants: [user]\n---\n\n',
    headListsOf: () => ({ participants: ['user', ...models] }),
  };
  await studio.restart();
  await studio.say(`::record ${studio.notes}/a.md`);
  assert.ok(studio.file('a.md').startsWith('---\ntitle: x\nparticipants: [user, one]\n---\n\n# User'));
  writeFileSync(`${studio.notes}/a.md`, studio.file('a.md').replace('title: x', 'title: mine # stays\ntags: [a]'));
  models = ['one', 'two'];
  await studio.say('words', 'more');
  const head = '---\ntitle: mine # stays\ntags: [a]\nparticipants: [user, one, two]\n---\n\n';
  assert.equal(studio.file('a.md'), head + (await studio.export(`${studio.notes}/a.md`)));
  await studio.restart();
  await studio.say('again');
  assert.equal(studio.file('a.md'), head + (await studio.export(`${studio.notes}/a.md`)));
});

describe('a power cut takes what was not made durable, and nothing is written twice', () => {
  const before = {
    headOf: () => '---\nparticipants: [user]\n---\n\n',
    headListsOf: () => ({ participants: ['user'] }),
  };
  const STORIES = {
    'the head has grown': { ...before, headListsOf: () => ({ participants: ['user', 'somebody'] }) },
    'the user has edited the head': before,
  };
  for (const [story, after] of Object.entries(STORIES)) {
    it(story, async (t) => {
      const studio = new Studio(t);
      studio.change = before;
      await studio.restart();
      await studio.say(`::record ${studio.notes}/a.md`, 'one');
      const { store } = studio;
      const append: typeof store.append = (batches) => store.append(batches.filter(({ rides }) => rides !== true));
      const get = (target: typeof store, name: string | symbol) => (name === 'append' ? append : bound(target, name));
      studio.change = { ...after, store: new Proxy(store, { get }) };
      studio.recorder = studio.make();
      await studio.recorder.start();
      const mine = studio.file('a.md').replace('[user]', '[user, somebody]');
      if (after === before) writeFileSync(`${studio.notes}/a.md`, mine);
      await studio.say('two');
      studio.change = after;
      await studio.restart();
      await studio.say('three');
      const head = '---\nparticipants: [user, somebody]\n---\n\n';
      assert.equal(studio.file('a.md'), head + (await studio.export(`${studio.notes}/a.md`)));
    });
  }
});

describe('from outside the chat', () => {
  it('recording begins behind what there is, and ends there', async (t) => {
    const studio = new Studio(t);
    await studio.say('before');
    const answer = await studio.recorder.ask(studio.key, { verb: 'record', dest: `${studio.notes}/a.md`, options: {} });
    assert.deepEqual(answer, { kind: 'done', paths: [`${studio.notes}/a.md`] });
    await studio.say('one');
    await studio.recorder.ask(studio.key, { verb: 'stop' });
    await studio.say('unheard');
    assert.equal(studio.file('a.md'), `${HEAD}${heading(2)}\n\none\n`);
    assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
  });

  it('a capture has everything so far', async (t) => {
    const studio = new Studio(t);
    await studio.say('before');
    await studio.recorder.ask(studio.key, { verb: 'capture', dest: `${studio.notes}/a.md`, options: {} });
    assert.ok(studio.file('a.md').endsWith('before\n'));
  });

  it('what is not allowed is denied', async (t) => {
    const studio = new Studio(t);
    await studio.say('before');
    const { kind } = await studio.recorder.ask(studio.key, { verb: 'record', dest: '/etc/a.md', options: {} });
    assert.equal(kind, 'denied');
    assert.deepEqual(studio.recorder.recordings(), []);
  });
});

it('a new recording has its head from the moment in which it is there', async (t) => {
  const studio = new Studio(t);
  const left: string[] = [];
  const grow: typeof nodeDestinations.grow = (root, components, options) => {
    const file = nodeDestinations.grow(root, components, options);
    if (!file || !options.create) return file;
    const close = () => {
      left.push(Buffer.from(file.read(0, file.sizeBytes())).toString());
      file.close();
    };
    const get = (name: string | symbol) => {
      const value = Reflect.get(file, name, file);
      return typeof value === 'function' ? value.bind(file) : value;
    };
    return new Proxy(file, { get: (_, name) => (name === 'close' ? close : get(name)) });
  };
  studio.change = { files: { ...nodeDestinations, grow } };
  studio.recorder = studio.make();
  await studio.say(`::record ${studio.notes}/a.md`, `::init ${studio.notes}/b.md`);
  assert.deepEqual(left, [HEAD, HEAD]);
});
