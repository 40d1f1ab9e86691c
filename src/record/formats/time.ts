/** Times as headings and file names show them. A time that is not known is shown as nothing. */

export interface Wall {
  readonly date: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly offset: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** An instant on the wall clock of a zone. */
export function toWall(instant: string, timeZone: string): Wall {
  const parts = new Map(
    formatterFor(timeZone)
      .formatToParts(new Date(instant))
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? '';
  const zone = part('timeZoneName').replace(/^GMT/, '');
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    offset: zone === '' ? 'Z' : zone,
  };
}

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat('en-CA-u-hc-h23', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
  formatters.set(timeZone, formatter);
  return formatter;
}

/** As in headings: `2026-11-21_0317_02`, or ISO with its zone. */
export function headingTime(instant: string, style: 'local' | 'iso', timeZone: string): string {
  const { date, hour, minute, second, offset } = toWall(instant, timeZone);
  return style === 'iso' ? `${date}T${hour}:${minute}:${second}${offset}` : `${date}_${hour}${minute}_${second}`;
}
