import { connect } from 'node:net';
import type { Clock } from '../system/log.js';
import { type Ask, failureOf } from './answer.js';
import { rememberedLookup } from './lookup.js';

/**
 * How long a connection must stay open to count. Docker's own proxy accepts connections to a published port before
 * anything listens in the container, and closes them when it was refused there, which takes it a millisecond:
 * https://github.com/moby/moby/blob/v20.10.24/cmd/docker-proxy/tcp_proxy.go
 */
const HOLD_MS = 25;

/** Answered when connected, unless the other side closes at once without a word. */
export function tcpAsk({ host, port }: { host: string; port: number }, clock: Clock): Ask {
  const lookup = rememberedLookup(clock);
  return (report) => {
    const socket = connect({ host, port, lookup });
    let connectedAt = 0;
    let hold: NodeJS.Timeout | undefined;

    const giveUp = () => {
      clearTimeout(hold);
      socket.destroy();
    };
    const answered = () => {
      report({ answered: true, at: connectedAt });
      giveUp();
    };
    const failed = (failure: string) => {
      report({ answered: false, failure });
      giveUp();
    };

    socket.on('connect', () => {
      connectedAt = clock.now();
      // After a busy spell a close may be waiting behind this timer; sockets are looked at before the immediate runs.
      hold = setTimeout(() => setImmediate(answered), HOLD_MS);
    });
    socket.on('data', answered);
    socket.on('end', () => failed('closed at once'));
    socket.on('error', (error) => failed(failureOf(error)));
    return giveUp;
  };
}
