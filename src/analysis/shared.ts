import type { ImageChange } from '../release/base.js';
import type { ColdBoot } from '../release/cold-boot.js';
import type { Counterpart } from '../release/counterpart.js';
import type { Migrators } from '../release/migrations.js';
import type { StartTasks } from '../release/start-command.js';
import type { Assembly } from '../strategies/relup/assembly.js';
import type { Study } from '../strategies/relup/study.js';
import { once } from '../system/once.js';

/** What containers that run the same share, so that it is read and made once. */
export interface Shared {
  images(key: string, read: () => Promise<ImageChange>): Promise<ImageChange>;
  /** Releases in the new image, by their directory. */
  releases(root: string, read: () => Promise<Counterpart>): Promise<Counterpart>;
  studies(key: string, read: () => Promise<Study>): Promise<Study>;
  boots(key: string, boot: () => Promise<ColdBoot>): Promise<ColdBoot>;
  assemblies(key: string, make: () => Promise<Assembly>): Promise<Assembly>;
  starts(key: string, read: () => Promise<StartTasks>): Promise<StartTasks>;
  migrators(key: string, read: () => Promise<Migrators>): Promise<Migrators>;
}

export function sharing(): Shared {
  return {
    images: once<ImageChange>(),
    releases: once<Counterpart>(),
    studies: once<Study>(),
    boots: once<ColdBoot>(),
    assemblies: once<Assembly>(),
    starts: once<StartTasks>(),
    migrators: once<Migrators>(),
  };
}
