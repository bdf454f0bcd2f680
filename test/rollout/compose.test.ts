import { describe, expect, it } from 'vitest';
import { channelsOf, withComposeWarnings } from '../../src/commands/channels.js';
import { moveTags } from '../../src/commands/roll-out.js';
import type { Report } from '../../src/deployment/report.js';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { composeRemark, withComposeRemarks } from '../../src/rollout/compose.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';

const compose = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'web',
  'com.docker.compose.project.config_files': '/srv/shop/compose.yml',
};
const made = (image: string, labels: Readonly<Record<string, string>> = compose) =>
  ({ Id: 'c', Image: 'sha256:old', Config: { Image: image, Labels: labels } }) as unknown as ContainerDetails;
const planOf = (image: string, labels = compose) =>
  ({ name: 'web', container: made(image, labels), reasons: [] }) as unknown as TargetPlan;

/** An engine with these tags. */
function tagging(tags: Record<string, string>) {
  const engine = {
    containers: async () => [],
    findImage: async (name: string) => (tags[name] ? ({ Id: tags[name] } as ImageDetails) : undefined),
    tagImage: async (id: string, name: string) => {
      if (name === 'shop:stuck') throw new Error('no space left.');
      tags[name] = id;
    },
  } as unknown as Engine;
  return { engine, tags };
}

const next = { reference: 'shop:1.1.0', id: 'sha256:new' };
const deployed = {
  outcome: 'deployed',
  to: '1.1.0',
  warnings: [],
  containers: [{ name: 'web', outcome: 'deployed', method: 'relup' }],
} as unknown as Report;

describe('what `docker compose up` would put back', () => {
  it('is a remark with the file, and with the line to change in it', () => {
    expect(composeRemark(made('shop:1.0.0'), next.reference)).toEqual({
      code: 'compose-image-differs',
      subject: 'web',
      message:
        "The service web of the compose project shop is made from shop:1.0.0, and `docker compose up` puts that back. In /srv/shop/compose.yml, change the service's line to `image: shop:1.1.0`, or to a channel tag such as `live`, which hot-deploy moves along.",
      blocks: [],
    });
  });

  it.each([
    ['a channel', made('shop:live')],
    ['the name that is deployed', made('shop:1.1.0')],
    ['a container of nobody', made('shop:1.0.0', {})],
    ['one made from a bare id', made(`sha256:${'a'.repeat(64)}`)],
  ])('is nothing for %s', (_, container) => {
    expect(composeRemark(container, next.reference)).toBeUndefined();
  });

  it('is told of each container, and not of another name of the same image', async () => {
    const { engine } = tagging({ 'shop:1.0.0': 'sha256:old', 'shop:same1': 'sha256:new' });
    const told = await withComposeRemarks(engine, next, [planOf('shop:1.0.0'), planOf('shop:same1')]);
    expect(told.map(({ reasons }) => reasons.length)).toEqual([1, 0]);
  });
});

describe('a channel tag', () => {
  it.each(['shop:live', 'shop'])('that a container was made from moves along: %s', async (channel) => {
    const { engine, tags } = tagging({ [channel]: 'sha256:old' });
    const channels = await channelsOf(engine, next, [planOf(channel, {} as typeof compose)], []);
    expect(channels).toEqual({ follow: new Map([[channel, 'sha256:old']]), moved: [] });
    expect(await moveTags(engine, next, channels, deployed)).toEqual(deployed);
    expect(tags).toEqual({ [channel]: 'sha256:new' });
  });

  it.each(['shop:1.0.0', 'shop@sha256:abc'])('is none that means a version: %s stays', async (name) => {
    const { engine } = tagging({ [name]: 'sha256:old' });
    expect(await channelsOf(engine, next, [planOf(name)], [])).toEqual({ follow: new Map(), moved: [] });
  });

  it('that somebody else has moved meanwhile is left, and said', async () => {
    const { engine, tags } = tagging({ 'shop:live': 'sha256:other' });
    const channels = await channelsOf(engine, next, [planOf('shop:live')], []);
    const { warnings } = await moveTags(engine, next, channels, deployed);
    expect(warnings).toEqual([
      expect.stringMatching(/^shop:live was left where it is: .*docker tag sha256:new shop:live$/),
    ]);
    expect(tags['shop:live']).toBe('sha256:other');
  });

  it('that somebody else moves during the run is not moved back', async () => {
    const { engine, tags } = tagging({ 'shop:live': 'sha256:theirs' });
    const follow = new Map([['shop:live', 'sha256:old']]);
    const { warnings } = await moveTags(engine, next, { follow, moved: [] }, deployed);
    expect(warnings).toEqual([expect.stringMatching(/^shop:live was left where it is: somebody else has moved it/)]);
    expect(tags['shop:live']).toBe('sha256:theirs');
  });

  it.each(['rolled-back', 'refused', 'failed', 'planned'] as const)(
    'stays where the outcome is %s',
    async (outcome) => {
      const { engine, tags } = tagging({ 'shop:live': 'sha256:old' });
      await moveTags(
        engine,
        next,
        { follow: new Map([['shop:live', 'sha256:old']]), moved: [] },
        { ...deployed, outcome },
      );
      expect(tags).toEqual({ 'shop:live': 'sha256:old' });
    },
  );

  it('that does not move is a failure: a new container would boot what ran before', async () => {
    const { engine } = tagging({ 'shop:stuck': 'sha256:old' });
    expect(
      await moveTags(engine, next, { follow: new Map([['shop:stuck', 'sha256:old']]), moved: [] }, deployed),
    ).toMatchObject({
      outcome: 'failed',
      message: 'All containers run 1.1.0, and shop:stuck still names what ran before: no space left.',
    });
  });
});

describe('after a hot load of a service of compose', () => {
  const decided = (image: string, labels = compose) => ({
    plans: [planOf(image, labels)],
    image: next,
    next: { version: '1.1.0' },
  });

  it.each(['shop:live', 'shop:1.1.0'])('made from %s, the one re-creation that comes is told', (image) => {
    expect(withComposeWarnings(decided(image), deployed).warnings).toEqual([
      `web was upgraded hot: the next \`docker compose up\` re-creates the service web once, on 1.1.0, which ${image} names now.`,
    ]);
  });

  it('nothing is told of what compose would put back, of other containers, or of a restart', () => {
    const restarted = { ...deployed, containers: deployed.containers.map((row) => ({ ...row, method: 'recreate' })) };
    expect(withComposeWarnings(decided('shop:1.0.0'), deployed).warnings).toEqual([]);
    expect(withComposeWarnings(decided('shop:live', {} as typeof compose), deployed).warnings).toEqual([]);
    expect(withComposeWarnings(decided('shop:live'), restarted as Report).warnings).toEqual([]);
  });
});
