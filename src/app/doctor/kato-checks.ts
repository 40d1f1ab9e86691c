/** Findings about the agents, what was taken in of them, and what is recorded. Pure. */
import { bytes } from '../../core/bytes.ts';
import type { KatoStatus, RetentionStatus } from '../kato.ts';
import { type Finding, found, ok, plural } from './finding.ts';

export function checkAgents({ providers, ingest }: KatoStatus): Finding[] {
  const findings = providers.flatMap(({ label, roots, sources, retention }) => {
    const present = roots.filter(({ exists }) => exists);
    const unreadable = roots.flatMap(({ path, unreadable: code }) =>
      code === undefined
        ? []
        : [
            found(
              'fail',
              'agents',
              `${path} cannot be read (${code})`,
              'give yourself the right to read it, or take it out of `providers` in the config',
            ),
          ],
    );
    const limits = retention && present.length > 0 ? checkRetention(label, retention) : [];
    const here =
      present.length > 0 && unreadable.length === 0
        ? [ok('agents', `${label}: ${plural(sources, 'file')} in ${present.map(({ path }) => path).join(', ')}`)]
        : [];
    return [...here, ...unreadable, ...limits];
  });
  const below = (ingest?.unreadable ?? []).map(({ path, code }) =>
    found('fail', 'agents', `${path} cannot be read (${code})`, 'give yourself the right to read it'),
  );
  const all = [...findings, ...below];
  return all.length > 0
    ? all
    : [
        found(
          'warn',
          'agents',
          'no agent has written a session where kato looks',
          '`kato status` names the folders; CLAUDE_CONFIG_DIR, CODEX_HOME, GEMINI_CLI_HOME, HERMES_HOME or `providers` in the config name others',
        ),
      ];
}

function checkRetention(label: string, { days, setting, settings, soon, unkept }: RetentionStatus): Finding[] {
  if (days <= 0)
    return [
      found(
        'fail',
        'retention',
        `${label} writes no sessions at all: ${setting} is 0`,
        `set it to a number of days in ${settings}`,
      ),
    ];
  const kept = `${label} deletes what is not touched for ${plural(Math.round(days * 10) / 10, 'day')}`;
  if (unkept === 0)
    return [ok('retention', soon === 0 ? kept : `${kept}: ${plural(soon, 'file')} within a week, and kept here`)];
  return [
    found(
      'warn',
      'retention',
      `${kept}: ${plural(soon, 'file')} within a week, of which ${unkept} ${unkept === 1 ? 'is' : 'are'} not kept here`,
      `\`kato import\` keeps them; or raise ${setting} in ${settings}`,
    ),
  ];
}

export function checkLag({ lag, ingest, daemon }: KatoStatus): Finding[] {
  const failing = (ingest?.failing ?? []).map(({ path, code, attempts }) =>
    found(
      'fail',
      'lag',
      `${path} cannot be taken in (${code}, ${plural(attempts, 'attempt')})`,
      'it is tried again by itself; `kato logs --level warn` says more',
    ),
  );
  const behindBytes = lag.reduce((sum, { lagBytes }) => sum + lagBytes, 0);
  const behind = `${bytes(behindBytes)} in ${plural(lag.length, 'file')} are not read yet`;
  if (behindBytes === 0) return failing.length > 0 ? failing : [ok('lag', 'all that is on disk is here')];
  const remedy = daemon.running
    ? 'look again in a minute: half a line waits for its end, and what stays is in `kato status --all`'
    : '`kato import`, or `kato start`';
  return [...failing, found('warn', 'lag', behind, remedy)];
}

export function checkFlaws({ flaws }: KatoStatus): Finding[] {
  const counts = new Map<string, number>();
  for (const { code, count } of flaws) counts.set(code, (counts.get(code) ?? 0) + count);
  if (counts.size === 0) return [ok('shapes', 'every record was understood')];
  const listed = [...counts].map(([code, count]) => `${count} × ${code}`).join(', ');
  return [
    found(
      'warn',
      'shapes',
      `not understood, or damaged, and kept raw: ${listed}`,
      '`kato status --all` names them; a newer kato may know them: `kato reprocess` then',
    ),
  ];
}

export function checkRecordings({ recordings }: KatoStatus): Finding[] {
  const on = recordings.filter((one) => one.on);
  const failing = on.flatMap(({ path, failure, sessionId, missing }) => {
    if (failure !== undefined) {
      const remedy =
        failure === 'gone'
          ? `\`kato record ${sessionId.slice(0, 8)} NEW-PATH\` goes on elsewhere`
          : 'mend the place: it goes on by itself within a minute';
      return [found('fail', 'recordings', `${path} does not go on (${failure})`, remedy)];
    }
    return missing > 0
      ? [
          found(
            'warn',
            'recordings',
            `${plural(missing, 'event')} may be missing in ${path}: a part of it was taken out`,
            '`kato export --recording` writes all that it should hold',
          ),
        ]
      : [];
  });
  const moved = on
    .filter(({ redirectedFrom }) => redirectedFrom !== undefined)
    .map(({ path }) =>
      found(
        'warn',
        'recordings',
        `${path} is written instead of the place that was asked for`,
        '`kato commands` says why',
      ),
    );
  const all = [...failing, ...moved];
  return all.length > 0
    ? all
    : [
        ok(
          'recordings',
          on.length === 0 ? 'nothing is being recorded' : `${plural(on.length, 'recording')} on, and all of them go on`,
        ),
      ];
}
