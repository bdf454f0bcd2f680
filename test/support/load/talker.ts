import { connect, type Socket } from 'node:net';
import { systemClock as clock } from '../../../src/system/log.js';
import { type Conversation, converse, type Fault } from './conversation.js';
import type { Gap } from './gap.js';
import { countAnswer, countFailure, countVersion, type Tally } from './tally.js';

/** One client that stays connected, and comes back when it is thrown out. */
export interface Talker {
  /** Says the next line, or counts it as failed where it can't be said. */
  speak(due: number): void;
  connected(): boolean;
  /** Replies that have not come yet. */
  owed(): number;
  stop(): void;
}

/** Not at once: dozens of clients come back to a port that is not there yet. */
const COME_BACK_MS = 100;
/** More than this means that nobody answers any more. */
const MOST_OWED = 64;

const faultCounts = {
  'out-of-order': 'outOfOrder',
  'counter-broken': 'countersBroken',
  'value-lost': 'valuesLost',
} as const satisfies Partial<Record<Fault, keyof Tally>>;

export function startTalker(port: number, key: string, tally: Tally, gaps: readonly Gap[]): Talker {
  let socket: Socket;
  let conversation: Conversation;
  let heard = false;
  let stopped = false;
  let comeBack: NodeJS.Timeout | undefined;

  const hear = (line: string) => {
    const now = clock.now();
    const { due, fault, version } = conversation.hear(line);
    // A proxy may accept for a server that is not there: open is what has answered.
    if (!heard) tally.opened += 1;
    heard = true;
    if (version !== undefined) countVersion(tally, version);
    if (fault === 'refused') return countFailure(tally, `said ${line}`);
    if (fault !== undefined) tally[faultCounts[fault]] += 1;
    if (due === undefined) return;
    countAnswer(tally, now - due);
    for (const gap of gaps) gap.answer(now);
  };

  const left = () => {
    if (stopped) return;
    if (heard) tally.lost += 1;
    heard = false;
    for (const _ of conversation.owed()) countFailure(tally, 'connection lost');
    comeBack = setTimeout(arrive, COME_BACK_MS);
  };

  const say = (due: number) => socket.write(`${conversation.say(due)}\n`);

  const arrive = () => {
    conversation = converse(key);
    let rest = '';
    socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('utf8');
    socket.on('connect', () => say(clock.now()));
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) hear(line.trimEnd());
    });
    socket.on('error', () => undefined);
    socket.on('close', left);
  };
  arrive();

  return {
    connected: () => heard,
    owed: () => conversation.owed().length,
    speak(due) {
      if (!heard) countFailure(tally, 'not connected');
      else if (conversation.owed().length >= MOST_OWED) countFailure(tally, 'too many unanswered');
      else say(due);
    },
    stop() {
      stopped = true;
      clearTimeout(comeBack);
      for (const _ of conversation.owed()) countFailure(tally, 'unanswered at the end');
      socket.destroy();
    },
  };
}
