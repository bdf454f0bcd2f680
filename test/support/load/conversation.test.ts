import { describe, expect, it } from 'vitest';
import { type Conversation, converse, type Fault } from './conversation.js';

/** A conversation of so many commands that a right server has answered. */
function underWay(commands: number): Conversation {
  const conversation = converse('key');
  for (let n = 1; n <= commands; n++) conversation.hear(rightReply(conversation.say(n), n));
  return conversation;
}

function rightReply(line: string, count: number, version = '1'): string {
  if (line === 'PING') return `PONG ${version} ${count}`;
  return line.startsWith('PUT') ? 'OK' : 'kept-1';
}

const faults = (conversation: Conversation, lines: readonly string[]): readonly (Fault | undefined)[] =>
  lines.map((line) => conversation.hear(line).fault);

describe('a conversation', () => {
  it('puts a value, gets it again and again, and pings in between', () => {
    const conversation = converse('key');
    const lines = Array.from({ length: 51 }, (_, due) => conversation.say(due));
    expect(lines.filter((line) => line !== 'PING')).toEqual([
      'PUT key kept-1',
      ...Array.from({ length: 5 }, () => 'GET key'),
      'PUT key kept-51',
    ]);
  });

  it('finds no fault in a right server, however far behind it is', () => {
    const conversation = converse('key');
    const lines = Array.from({ length: 50 }, (_, due) => conversation.say(due));
    expect(conversation.owed()).toHaveLength(50);
    const heard = lines.map((line, i) => conversation.hear(rightReply(line, i + 1)));
    expect(heard.map(({ due, fault }) => [due, fault])).toEqual(lines.map((_, due) => [due, undefined]));
    expect(conversation.owed()).toHaveLength(0);
  });

  it('hears which version answers', () => {
    const conversation = underWay(1);
    conversation.say(0);
    expect(conversation.hear('PONG 0.3.3 2')).toEqual({ due: 0, version: '0.3.3' });
  });
});

describe('a fault is found', () => {
  it.each<[string, readonly string[], readonly (Fault | undefined)[]]>([
    ['two replies change places', ['PONG 1 3', 'PONG 1 2'], ['out-of-order', undefined]],
    ['a reply is missing', ['PONG 1 3'], ['out-of-order']],
    ['a reply comes twice', ['PONG 1 2', 'PONG 1 2', 'PONG 1 3'], [undefined, 'counter-broken', 'out-of-order']],
    ['the counter begins anew', ['PONG 1 1', 'PONG 1 2'], ['counter-broken', undefined]],
    ['the counter leaps', ['PONG 1 7', 'PONG 1 8'], ['counter-broken', undefined]],
    ['a command is not understood', ['ERROR unknown', 'PONG 1 3'], ['refused', undefined]],
    ['a reply was meant for nobody', ['PONG 1 2', 'PONG 1 3', 'OK'], [undefined, undefined, 'out-of-order']],
  ])('when %s', (_, lines, expected) => {
    const conversation = underWay(1);
    conversation.say(2);
    conversation.say(3);
    expect(faults(conversation, lines)).toEqual(expected);
  });

  it.each(['NIL', 'kept-7'])('when what was put is not what is got: %s', (line) => {
    const conversation = underWay(9);
    expect(conversation.say(10)).toBe('GET key');
    expect(conversation.hear(line)).toEqual({ due: 10, fault: 'value-lost' });
  });

  it('when a value overtakes a ping', () => {
    const conversation = underWay(8);
    conversation.say(9);
    conversation.say(10);
    expect(faults(conversation, ['kept-1', 'PONG 1 9'])).toEqual(['out-of-order', undefined]);
  });
});
