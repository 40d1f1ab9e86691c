/**
 * Which engine's transcript of a session is shown: the store's or, where the store has none, that of a log which could
 * not be brought over. Whoever reads is told which one it is, and whenever there are two.
 */
import type { Kato, SessionSummary } from '../../app/kato.ts';
import { KatoError } from '../../core/errors.ts';
import type { CliContext } from './context.ts';

export interface FoundSession {
  readonly session: SessionSummary;
  /** The one that has it. */
  readonly kato: Kato;
  /** When it is in a log that was left. */
  readonly engine?: 'log';
}

/** Throws what finding a session throws. */
export async function findSession(context: CliContext, text: string, engine: unknown): Promise<FoundSession> {
  const isLogAsked = asksForLog(engine);
  const kato = await context.kato();
  const selector = { text, cwd: context.services.cwd };
  const left = await context.leftLog();
  if (!left && isLogAsked) return { kato, session: await findInLiveLog(kato, selector) };
  if (!left) return { kato, session: await kato.find(selector) };
  const found = isLogAsked ? undefined : await ifThere(kato.find(selector));
  if (found?.kept) {
    if (await ifThere(left.find({ ...selector, text: found.id }))) context.warn(TWO(found.shortId));
    return { kato, session: found };
  }
  const session = await findLeft(kato, left, { ...selector, text: found?.id ?? text });
  if (session) {
    context.warn(ONE(session.shortId));
    return { kato: left, session, engine: 'log' };
  }
  if (found) return { kato, session: found };
  throw await notFound(kato, selector, isLogAsked);
}

const ONE = (id: string) =>
  `session ${id} is read from the log engine's files, which were not brought into the store; \`kato migrate --dry-run\` says why`;
const TWO = (id: string) =>
  `session ${id} is read from the store; a log of it was not brought over: \`--engine log\` reads that, \`kato migrate --dry-run\` says why`;

type Selector = Parameters<Kato['find']>[0];

function asksForLog(engine: unknown): boolean {
  if (engine === undefined || engine === 'log') return engine === 'log';
  throw new KatoError('usage', `\`--engine ${engine}\` names nothing to read from`, {
    hint: 'leave it out to read the store; `--engine log` reads a log that was left beside it',
  });
}

async function findInLiveLog(kato: Kato, selector: Selector): Promise<SessionSummary> {
  if ((await kato.status()).store.engine === 'log') return kato.find(selector);
  throw new KatoError('session-not-found', 'the log engine has left no log here', {
    hint: 'without --engine the store is read',
  });
}

/** A session that was forgotten is not shown again from what was left of it. */
async function findLeft(kato: Kato, left: Kato, selector: Selector): Promise<SessionSummary | undefined> {
  const session = await ifThere(left.find(selector));
  return session && !(await isForgotten(kato, { ...selector, text: session.id })) ? session : undefined;
}

async function isForgotten(kato: Kato, selector: Selector): Promise<boolean> {
  return (await ifThere(kato.findForgettable(selector)))?.forgotten === true;
}

async function notFound(kato: Kato, selector: Selector, isLogAsked: boolean): Promise<unknown> {
  if (await isForgotten(kato, selector)) return kato.find(selector);
  const what = isLogAsked
    ? `no session \`${selector.text}\` in the logs that were left`
    : await kato.find(selector).then(
        () => 'the session has just come',
        (error: Error) => error.message,
      );
  return new KatoError('session-not-found', what, {
    hint: '`kato sessions` lists what is kept; `kato migrate --dry-run` says which logs were left that cannot be read',
  });
}

async function ifThere<T>(finding: Promise<T>): Promise<T | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (error instanceof KatoError && error.code === 'session-not-found') return undefined;
    throw error;
  }
}
