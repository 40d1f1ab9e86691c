import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { closed } from '../../../src/record/formats/open-ends.ts';
import { eventMaker } from '../../support/events.ts';
import { renderEvents } from '../../support/render.ts';

describe('a message is closed', () => {
  for (const [story, text, end] of [
    ['that leaves a fence open', 'look\n```js\nlet a', '\n```'],
    ['that leaves a longer fence open', '````\n```\nx\n```\n', '````'],
    ['that leaves a fence of tildes open', '~~~\nx', '\n~~~'],
    ['that leaves a comment open', '<!-- secret', '\n-->'],
    ['that leaves a script open', 'x\n  <SCRIPT>\nrun()', '\n</script>'],
    ['that leaves an instruction open', '<?php', '\n?>'],
    ['that leaves character data open', '<![CDATA[ x', '\n]]>'],
    ['that leaves a declaration open', '<!DOCTYPE', '\n>'],
  ] as const) {
    it(story, () => assert.equal(closed(text), text + end));
  }

  for (const text of [
    'plain',
    '```js\nlet a\n```',
    '```\n<!-- inside\n```',
    '<!-- a -->',
    '<!-- a\nb --> c',
    'in the middle <!-- of a line',
    '    ```\nindented',
    '<div>\nends with a blank line',
    '`````not a fence` ',
    'a < b',
    '```\na\n````',
  ]) {
    it(`only when it leaves something open: ${JSON.stringify(text)}`, () => assert.equal(closed(text), text));
  }

  it('once', () => {
    const piece = fc.constantFrom('```', '````', '~~~', '<!--', '-->', '<pre>', '</pre>', 'x', '\n', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = closed(pieces.join(''));
        assert.equal(closed(once), once);
      }),
      { numRuns: 2000 },
    );
  });
});

it('what a message leaves open does not swallow who speaks next', () => {
  const make = eventMaker();
  const events = [
    make('user.message', { text: 'see <b>\n```js\nlet a' }),
    make('assistant.message', { text: '<!-- hidden' }, { model: 'm' }),
    make('user.message', { text: 'next' }),
  ];
  assert.equal(
    renderEvents(events),
    '# User\n\nsee <b>\n```js\nlet a\n```\n\n# m\n\n<!-- hidden\n-->\n\n# User\n\nnext\n',
  );
});
