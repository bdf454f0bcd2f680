/**
 * Words of another program within a sentence. Nobody knows what is in them, and no comment shows them, so they are marked from
 * the place on where they come in.
 */
export const quoted = (words: string): string => `“${words.replace(/[“”]/g, '"')}”`;

/** The sentence alone. One that was cut within a quotation has no mark at its end. */
export const withoutQuotations = (text: string): string => text.replace(/“[^“”]*(”|$)/g, '“…”');
