const grouped = new Intl.NumberFormat('en-US');

/** `1,200`, the same in every locale. */
export const number = (value: number) => grouped.format(value);

/** `no request`, `1 request`, `1,200 requests`. */
export function count(value: number, noun: string): string {
  if (value === 0) return `no ${noun}`;
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}
