/**
 * Dockerode takes addresses apart by a function that Node 24 warns of, in the log of everybody whose engine is reached by TCP.
 * A warning about what a library calls is for those who develop with it: here nobody can act on it.
 */
export function hideDeprecations(): void {
  process.noDeprecation = true;
}
