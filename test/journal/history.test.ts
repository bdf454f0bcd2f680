import { describe, expect, it } from 'vitest';
import { nonceLabel, runLabel } from '../../src/engines/throw-away.js';
import type { Entry, Step, Version } from '../../src/journal/entry.js';
import { belongs, lineage, unfinished } from '../../src/journal/history.js';
import { entry as written } from './entries.js';

const v = (version: string, image = `sha256:${version}`): Version => ({ version, image });

function entry(step: Step, from: Version, to: Version, more: Partial<Entry> = {}): Entry {
  return written(step, { run: `${from.version}-${to.version}`, way: 'relup', from, to, ...more });
}

const deployed = (from: string, to: string) => entry('done', v(from), v(to));
const back = (from: string, to: string) => entry('done', v(from), v(to), { task: 'rollback', way: 'downgrade' });
const versions = (line: readonly Version[]) => line.map(({ version }) => version);

describe('what led to what runs', () => {
  it('is nothing but itself where nothing is on record', () => {
    expect(versions(lineage([], v('1')))).toEqual(['1']);
  });

  it('is what every deploy added', () => {
    expect(versions(lineage([deployed('1', '2'), deployed('2', '3')], v('3')))).toEqual(['1', '2', '3']);
  });

  it('is shorter by a rollback, so that the next one goes further back', () => {
    expect(versions(lineage([deployed('1', '2'), deployed('2', '3'), back('3', '2')], v('2')))).toEqual(['1', '2']);
    const all = [deployed('1', '2'), deployed('2', '3'), back('3', '1'), deployed('1', '4')];
    expect(versions(lineage(all, v('4')))).toEqual(['1', '4']);
  });

  it('ends with what runs, whatever is written down', () => {
    const all = [deployed('1', '2'), deployed('2', '3')];
    expect(versions(lineage(all, v('2')))).toEqual(['1', '2']);
    expect(versions(lineage(all, v('9')))).toEqual(['1', '2', '3', '9']);
  });

  it('leaves out what did not come through', () => {
    const all = [deployed('1', '2'), entry('stage', v('2'), v('3')), entry('undone', v('2'), v('3'))];
    expect(versions(lineage(all, v('2')))).toEqual(['1', '2']);
  });

  it('tells two builds of one version apart by their images', () => {
    const again = entry('done', v('1', 'sha256:a'), v('1', 'sha256:b'));
    expect(lineage([again], v('1', 'sha256:b')).map(({ image }) => image)).toEqual(['sha256:a', 'sha256:b']);
    expect(lineage([again], v('1', 'sha256:a')).map(({ image }) => image)).toEqual(['sha256:a']);
  });
});

describe('a run that was cut off', () => {
  it('is the last one, where its last step is no end', () => {
    const stage = entry('stage', v('2'), v('3'));
    expect(unfinished([deployed('1', '2'), stage])).toEqual({ last: stage, settling: false });
    expect(unfinished([deployed('1', '2')])).toBeUndefined();
    expect(unfinished([])).toBeUndefined();
  });

  it('goes on where it had begun to settle, and back where another one had', () => {
    expect(unfinished([entry('settle', v('1'), v('2'))])?.settling).toBe(true);
    const all = [entry('settle', v('1'), v('2')), entry('done', v('1'), v('2')), entry('switch', v('2'), v('3'))];
    expect(unfinished(all)?.settling).toBe(false);
  });
});

describe('a container belongs to an update', () => {
  const claim = { id: 'a'.repeat(64), kept: 'b'.repeat(64), nonce: 'n', run: 'r' };
  const labels = (nonce: string, run: string) => ({ [nonceLabel]: nonce, [runLabel]: run });
  it.each<[string, Parameters<typeof belongs>[0], boolean]>([
    ['if the run found it', { id: claim.id, labels: {} }, true],
    ['if it was kept, and is to take the place', { id: claim.kept, labels: {} }, true],
    ['if it has the nonce and the run', { id: 'c', labels: labels('n', 'r') }, true],
    ['not by the nonce alone', { id: 'c', labels: { [nonceLabel]: 'n' } }, false],
    ['not by the nonce of another run', { id: 'c', labels: labels('n', 'other') }, false],
    ['not by the run alone', { id: 'c', labels: labels('', 'r') }, false],
  ])('%s', (_, container, expected) => expect(belongs(container, claim)).toBe(expected));
});
