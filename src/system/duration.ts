/** Milliseconds as a person says them: `4.2 ms`, `11 ms`, `2.2 s`, `3 min 5 s`. */
export function spell(ms: number): string {
  if (ms < 9.95) return `${rounded(ms, 1)} ms`;
  if (ms < 999.5) return `${rounded(ms, 0)} ms`;
  if (ms < 59_950) return `${rounded(ms / 1_000, 1)} s`;
  const seconds = Math.round(ms / 1_000);
  const [large, small] = seconds < 3_600 ? (['min', 's'] as const) : (['h', 'min'] as const);
  const smalls = large === 'h' ? Math.round(seconds / 60) : seconds;
  const rest = smalls % 60;
  return `${Math.floor(smalls / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

const rounded = (value: number, digits: number) => String(Number(value.toFixed(digits)));
