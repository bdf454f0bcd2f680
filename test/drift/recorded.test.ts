import { describe, expect, it } from 'vitest';
import { recorded } from '../../src/drift/recorded.js';
import { entry as written } from '../journal/entries.js';

const entry = written('done', {
  ...{ way: 'relup', by: 'ada@host' },
  from: { version: '1', image: 'sha256:aaaaaaaaaaaaaaaaaa' },
  to: { version: '2', image: 'sha256:bbbbbbbbbbbbbbbbbb' },
});
const web = { id: entry.id, labels: {} };

describe('what the journal says', () => {
  it('is told as history, with who did it and how', () => {
    const back = { ...entry, task: 'rollback', way: 'revive', from: entry.to, to: entry.from } as const;
    const failed = { ...entry, step: 'undone' } as const;
    expect(recorded([entry, back, failed], web)).toEqual({
      history: [
        { at: entry.at, what: 'deployed 1 → 2 hot, by ada@host' },
        { at: entry.at, what: 'rolled back 2 → 1 by the container that was kept, by ada@host' },
        { at: entry.at, what: 'a deploy 1 → 2 was taken back, by ada@host' },
      ],
      differences: [],
    });
  });

  it('is a difference where a run has not ended: somebody has to know', () => {
    const { from: _, ...rest } = entry;
    const open = { ...rest, step: 'switch', from: { image: 'sha256:aaaaaaaaaaaaaaaaaa' } } as const;
    expect(recorded([entry, open], web).differences).toEqual([
      expect.objectContaining({
        kind: 'run',
        subject: 'aaaaaaaaaaaa → 2',
        message: expect.stringContaining('cut off; its last step on record: the node is switched to the new version'),
      }),
    ]);
  });

  it('is none where somebody has re-created the container by hand since', () => {
    const byHand = { id: 'f'.repeat(64), labels: {} };
    expect(recorded([entry, { ...entry, step: 'switch' }], byHand).differences).toEqual([]);
  });
});
