import { readFileSync } from 'node:fs';
import type { Examined, ServiceFacts } from '../../../app/doctor/facts.ts';
import type { Finding } from '../../../app/doctor/finding.ts';
import { diagnose } from '../../../app/doctor.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { shorten } from '../errors.ts';
import { describeService, managerOf } from '../service/manager.ts';
import { visibleLine, wrap } from '../terminal.ts';
import { count } from '../words.ts';

export const doctorCommand: CliCommand = {
  define: (command) =>
    command
      .description('what keeps kato from its work, or soon will, and what to do about it')
      .option('--all', 'also the checks that passed')
      .addHelpText(
        'after',
        '\nIt mends nothing by itself, and shows nothing of what was said in a session. Exit status 1 when a person must act.\n\nExamples:\n  kato doctor\n  kato doctor --json | jq -r ".data[] | select(.level != \\"ok\\") | .what"\n',
      ),
  async run(context, _args, flags) {
    const findings = diagnose(await examine(context)).map((finding) => shown(finding, context));
    const failing = findings.filter(({ level }) => level === 'fail').length;
    if (context.options.json) context.printJson('doctor', findings.map(toJson));
    else context.print(page(findings, context, flags.all === true).join('\n'));
    return failing > 0 ? 1 : 0;
  },
};

async function examine(context: CliContext): Promise<Examined> {
  const machine = await context.services.examine(context.katoHome);
  const isConfigured = machine.config === undefined;
  return { machine, service: serviceFacts(context), status: isConfigured ? await statusOf(context) : undefined };
}

/** What kato says of itself, or why it cannot be opened. */
async function statusOf(context: CliContext): Promise<Examined['status']> {
  try {
    return await (await context.kato()).status();
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    const { message, hint } = error;
    return { message, ...(hint !== undefined && { hint }) };
  }
}

function serviceFacts(context: CliContext): ServiceFacts | undefined {
  const manager = managerOf(context.services.platform);
  if (!manager) return undefined;
  const { path, text } = describeService(context, manager);
  try {
    return { path, state: readFileSync(path, 'utf8') === text ? 'same' : 'other' };
  } catch {
    return { path, state: 'none' }; // Not there, or not for us to read: either way it is none that we can use.
  }
}

function shown({ check, level, what, remedy }: Finding, { services }: CliContext): Finding {
  const clean = (text: string) => visibleLine(shorten(text, services.userHome));
  return { check, level, what: clean(what), ...(remedy !== undefined && { remedy: clean(remedy) }) };
}

function toJson({ check, level, what, remedy }: Finding) {
  return { check, level, what, remedy: remedy ?? null };
}

const INDENT = 19;
const NARROW = 60;

function page(findings: readonly Finding[], context: CliContext, isAll: boolean): string[] {
  const { out, services } = context;
  const width = services.streams.stdout.isTTY === true ? context.width : Number.MAX_SAFE_INTEGER;
  const colours = { ok: out.green, warn: out.yellow, fail: out.red };
  const lines = findings
    .filter(({ level }) => isAll || level !== 'ok')
    .flatMap(({ check, level, what, remedy }) => {
      const isNarrow = width < NARROW;
      const indent = isNarrow ? 2 : INDENT;
      const head = isNarrow
        ? [`${level} ${check}`, `  ${what}`]
        : [`${level.padEnd(4)}  ${check.padEnd(INDENT - 8)}  ${what}`];
      const told = [
        ...head.map((line) => wrap(line, width, isNarrow ? 0 : INDENT)),
        ...(remedy === undefined ? [] : [wrap(`${' '.repeat(indent)}→ ${remedy}`, width, 2)]),
      ];
      return told.map((line, index) => (index === 0 ? line.replace(level, colours[level]) : line));
    });
  return [...lines, summary(findings)];
}

function summary(findings: readonly Finding[]): string {
  const of = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  if (of('fail') + of('warn') === 0) return `all is well: ${count(of('ok'), 'check')} passed`;
  return [
    ...(of('fail') > 0 ? [count(of('fail'), 'failure')] : []),
    ...(of('warn') > 0 ? [count(of('warn'), 'warning')] : []),
    `${count(of('ok'), 'check')} passed`,
  ].join(', ');
}
