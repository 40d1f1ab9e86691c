/** Numbers and times as people read them. */

export { bytes } from '../../core/bytes.ts';

/** `1 session`, `1,204 sessions`. */
export function count(number: number, word: string, plural = `${word}s`): string {
  // By hand: the first use of `Intl` costs a command several milliseconds.
  const digits = String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${digits} ${number === 1 ? word : plural}`;
}

/** How long ago an instant was: `42s ago`, `3h ago`, `5d ago`; `just now` for the future. */
export function ago(instant: string | undefined, now: number): string {
  if (instant === undefined) return 'unknown';
  const seconds = Math.floor((now - Date.parse(instant)) / 1000);
  if (!(seconds >= 1)) return 'just now';
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}

/** `8s`, `1m 20s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${whole % 60}s`;
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A point in time as people give it: `7d`, `12h`, `2026-11-01`, or ISO. Absent when it is none. */
export function parseSince(text: string, now: number): string | undefined {
  const [, amount, unit] = /^(\d+)([mhdw])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) {
    return toInstant(now - Number(amount) * (UNITS[unit] ?? 0) * 1000);
  }
  if (text === 'today' || text === 'yesterday') {
    const day = new Date(now);
    day.setHours(0, 0, 0, 0);
    if (text === 'yesterday') day.setDate(day.getDate() - 1);
    return day.toISOString();
  }
  const [, year, month, day, rest] = /^(\d{4})-(\d{2})-(\d{2})(.*)$/.exec(text) ?? [];
  if (rest === undefined || !isDay(Number(year), Number(month), Number(day))) return undefined;
  return toInstant(Date.parse(rest === '' ? `${text}T00:00:00` : text));
}

/** Whether the calendar has this day: the 30th of February would be taken for a day of March. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function toInstant(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
