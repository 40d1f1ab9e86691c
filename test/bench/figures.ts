/** One measured figure: what, how much, what it is compared with, and what is asked of the ratio. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  /** What the same run measured beside it. */
  readonly control?: string;
  readonly ratio?: number;
  /** Asked of the ratio, or of the number itself where there is none. */
  readonly limit?: { readonly least?: number; readonly most?: number; readonly of?: number };
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, control = '', ratio, limit }) => [
    name,
    value,
    control,
    ratio === undefined ? '' : ratio.toFixed(ratio < 0.1 ? 3 : 2),
    limit === undefined ? '' : verdict(limit, limit.of ?? ratio),
  ]);
  const table = [['figure', 'measured', 'control', 'ratio', 'asked'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length))) ?? [];
  return table
    .map(
      (row) =>
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

function verdict({ least, most }: NonNullable<Figure['limit']>, found: number | undefined): string {
  const asked = least !== undefined ? `≥ ${least}` : `≤ ${most}`;
  const isMet = found !== undefined && (least === undefined || found >= least) && (most === undefined || found <= most);
  return `${asked} ${isMet ? 'met' : 'NOT MET'}`;
}

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
export const seconds = (value: number) => (value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(2)} s`);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}
