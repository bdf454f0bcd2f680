// Shorter ones are words and numbers, which say nothing to anybody and are found everywhere.
const shortestSecret = 8;

/** What a release says before it dies is often what it was configured with: an address with its password. */
export function withoutValues(text: string, environment: readonly string[] | null): string {
  // The Engine says null for a container that has none.
  return (
    (environment ?? [])
      .filter((entry) => !/^(PATH|HOME|LANG|LC_ALL|TERM)=/.test(entry))
      .map((entry) => entry.slice(entry.indexOf('=') + 1))
      // A key of several lines, also where it is read line by line.
      .flatMap((value) => [value, ...(value.includes('\n') ? value.split('\n').map((line) => line.trim()) : [])])
      .filter((value) => value.length >= shortestSecret)
      .sort((one, other) => other.length - one.length)
      .reduce((left, value) => left.replaceAll(value, '***'), text)
  );
}
