/** `2026-01-02 03:04:05 UTC`: to the second, and the same wherever it is read. */
export const spellInstant = (iso: string) => `${iso.slice(0, 19).replace('T', ' ')} UTC`;
