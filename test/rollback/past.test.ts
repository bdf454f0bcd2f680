import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/docker/details.js';
import type { Version } from '../../src/ledger/entry.js';
import { type Kept, keptAs } from '../../src/rollback/past.js';

const kept = (ran: Version): Kept => ({ container: { Id: ran.image } as ContainerDetails, ran });

const built = { version: '1.0.0', image: 'sha256:1' };
const builtAgain = { version: '1.0.0', image: 'sha256:1b' };

it('of two builds of one version the one that is meant is started again, and not the one that was just left', () => {
  const earlier = [kept(builtAgain), kept(built)];
  expect(keptAs(earlier, built)?.ran).toEqual(built);
  expect(keptAs(earlier, builtAgain)?.ran).toEqual(builtAgain);
});

it('no other build stands in for one that is not kept any more', () => {
  expect(keptAs([kept(builtAgain)], built)).toBeUndefined();
  expect(keptAs([kept({ image: 'sha256:1' })], built)).toBeUndefined();
});
