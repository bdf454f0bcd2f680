import { describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../../src/engines/engine.js';
import { nonceLabel } from '../../../src/engines/throw-away.js';
import { detectState } from '../../../src/strategies/recreate/state.js';

const [old, fresh, spare, kept] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc', 'dddddddddddd'] as const;
const stranger = 'eeeeeeeeeeee';
const claim = { id: old.padEnd(64, '0'), nonce: 'secret', kept: kept.padEnd(64, '0') };

/** `NAME ID STATE`; the name without what all begin with. */
const listed = (lines: readonly string[]): readonly ContainerSummary[] =>
  lines.map((line) => {
    const [name = '', id = '', state = ''] = line.split(' ');
    const own = name === 'web' ? name : name.replace(/^-/, 'web.hot-deploy-');
    // What a restart makes has its nonce; `stranger` is one that somebody else made.
    const labels = [fresh, spare].some((each) => each === id) ? { [nonceLabel]: claim.nonce } : {};
    return { id: id.padEnd(64, '0'), names: [own], labels, state, createdAt: 0, networkMode: 'bridge' };
  });

const said = (...lines: string[]) => {
  const found = detectState('web', listed(lines), claim);
  if (!('names' in found)) return found.kind;
  const short = ({ id }: { id: string } = { id: '–' }) => id.slice(0, 1);
  return `${found.kind} ${short(found.old)}${short(found.spare)}${short(found.fresh)}${found.revived ? ' revived' : ''}`;
};

const up = 'running';
const down = 'exited';

describe('what a restart left is told from names and states: old, spare and new container', () => {
  it.each<[string, string[]]>([
    ['none', []],
    ['none', [`web ${old} ${up}`]],
    ['none', [`web ${old} ${down}`]],
    ['none', [`web ${fresh} ${up}`, `-previous-${old} ${old} ${down}`]],
    // Of another container, whose name begins the same.
    ['none', [`web ${old} ${up}`, `web-2.hot-deploy-old-${fresh} ${fresh} ${down}`]],
    ['begun a–b', [`web ${old} ${up}`, `-new-${old} ${fresh} created`]],
    ['begun a–b', [`web ${old} restarting`, `-new-${old} ${fresh} created`]],
    ['stopped a–b', [`web ${old} ${down}`, `-new-${old} ${fresh} created`]],
    ['stopped a–b', [`-old-${old} ${old} ${down}`, `-new-${old} ${fresh} created`]],
    ['stopped a–b', [`-old-${old} ${old} ${up}`, `-new-${old} ${fresh} ${down}`]],
    ['stopped a–b', [`-old-${old} ${old} ${down}`, `web ${fresh} created`]],
    ['stopped a–b', [`-old-${old} ${old} ${down}`, `web ${fresh} ${down}`]],
    ['switched a–b', [`-old-${old} ${old} ${down}`, `web ${fresh} ${up}`]],
    ['switched a–b', [`-old-${old} ${old} ${down}`, `web ${fresh} ${up}`, `-previous-${kept} ${kept} ${down}`]],
    ['stopped a––', [`-old-${old} ${old} ${down}`]],
    ['unclear', [`-new-${old} ${fresh} created`]],
    // With --rm.
    ['begun acb', [`web ${old} ${up}`, `-new-${old} ${fresh} created`, `-old-${old} ${spare} created`]],
    ['begun ac–', [`web ${old} ${up}`, `-old-${old} ${spare} created`]],
    ['stopped acb', [`web ${old} removing`, `-new-${old} ${fresh} created`, `-old-${old} ${spare} created`]],
    ['stopped –cb', [`-new-${old} ${fresh} created`, `-old-${old} ${spare} created`]],
    ['stopped –cb', [`web ${fresh} created`, `-old-${old} ${spare} created`]],
    ['switched –cb', [`web ${fresh} ${up}`, `-old-${old} ${spare} created`]],
    ['stopped –c–', [`-old-${old} ${spare} created`]],
    ['stopped –c–', [`-old-${old} ${spare} ${up}`]],
    ['stopped –cb', [`web ${spare} created`, `-new-${old} ${fresh} created`]],
    ['begun –cb', [`web ${spare} ${up}`, `-new-${old} ${fresh} created`]],
    // A kept one that takes the place has its own id in the name.
    ['begun a–d revived', [`web ${old} ${up}`, `-new-${old}${kept} ${kept} ${down}`]],
    ['switched a–d revived', [`-old-${old}${kept} ${old} ${down}`, `web ${kept} ${up}`]],
    // Names alone prove nothing: anybody can give one, and what somebody has made by hand since is nobody's to take away.
    ['none', [`web ${old} ${up}`, `-old-${stranger} ${kept} ${down}`]],
    ['none', [`web ${old} ${up}`, `-old-${old} ${stranger} ${down}`]],
    ['none', [`web ${old} ${up}`, `-new-${old} ${stranger} created`]],
    ['none', [`web ${old} ${up}`, `-new-${old}${kept} ${stranger} ${down}`]],
    ['none', [`web ${stranger} ${up}`, `-old-${old} ${old} ${down}`]],
    ['none', [`web ${stranger} ${up}`, `-old-${old} ${spare} created`]],
    ['none', [`-old-${old} ${stranger} ${down}`]],
    ['begun a–b', [`web ${old} ${up}`, `-new-${old} ${fresh} created`, `-old-${kept} ${kept} ${down}`]],
    // Of two restarts at once nobody can say what belongs together.
    ['unclear', [`-new-${old} ${fresh} created`, `-old-${kept} ${kept} ${down}`]],
    ['unclear', [`web ${fresh} ${up}`, `-old-${old}${kept} ${old} ${down}`]],
  ])('%s: %j', (expected, lines) => {
    expect(said(...lines)).toBe(expected);
    expect(said(...lines.toReversed())).toBe(expected);
  });
});
