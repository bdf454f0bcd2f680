import { Refusal } from '../reasons/refusal.js';
import type { ImageRelease } from './release.js';

// They become parts of paths, of Erlang source and of lines on a terminal. git describe, SemVer and relx's own fit in.
const usable = {
  version: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._+~:@=,-]{0,127}$/,
    allowed: 'letters, digits and any of . _ + ~ : @ = , -',
  },
  name: { pattern: /^[A-Za-z][A-Za-z0-9_@.-]{0,127}$/, allowed: 'letters, digits and any of _ @ . -' },
} as const;

export function isUsable(kind: keyof typeof usable, name: string): boolean {
  return usable[kind].pattern.test(name);
}

/** Refuses names that no tool writes and no path should hold. `where` begins a sentence. */
export function refuseUnusable(kind: keyof typeof usable, name: string, where: string): void {
  const { pattern, allowed } = usable[kind];
  if (!pattern.test(name)) {
    throw new Refusal(
      `${where} has the ${kind} ${JSON.stringify(name.slice(0, 80))}, and hot-deploy takes at most 128 ${allowed}. Name it so and build the image again.`,
    );
  }
}

/** The same for all names in a release. */
export function refuseUnusableNames({ name, version, applications }: Omit<ImageRelease, 'files'>, image: string): void {
  refuseUnusable('name', name, `The release in the image ${image}`);
  refuseUnusable('version', version, `The release in the image ${image}`);
  for (const application of applications) {
    refuseUnusable('name', application.name, `An application in the image ${image}`);
    refuseUnusable('version', application.version, `The application ${application.name} in the image ${image}`);
  }
}
