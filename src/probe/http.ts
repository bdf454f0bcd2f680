import { request } from 'node:http';
import { connect } from 'node:net';
import type { Clock } from '../system/log.js';
import { type Answer, type Ask, failureOf } from './answer.js';
import { rememberedLookup } from './lookup.js';

const answered: Answer = { answered: true };
/** Of a service that sends on and on each probe would be a download. */
const mostBytes = 16 * 1_048_576;

/**
 * A GET that counts as answered with a whole 2xx or 3xx response. Each request has a connection of its own: one that is
 * kept alive outlives a closed listener, and a pool of them queues. Without an agent Node does just that, and cheaper
 * than with an agent for each.
 */
export function httpAsk({ host, port, path }: { host: string; port: number; path: string }, clock: Clock): Ask {
  const lookup = rememberedLookup(clock);
  const createConnection = () => connect({ host, port, lookup });
  const options = { host, port, path, createConnection, headers: { 'user-agent': 'hot-deploy' } };
  return (report) => {
    const sent = request(options, (response) => {
      const status = response.statusCode ?? 0;
      const good = status >= 200 && status < 400;
      response.on('end', () => report(good ? answered : { answered: false, failure: `status ${status}` }));
      response.on('error', (error) => report({ answered: false, failure: failureOf(error) }));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= mostBytes) return;
        report({ answered: false, failure: 'a longer answer than is read' });
        sent.destroy();
      });
    });
    sent.on('error', (error) => report({ answered: false, failure: failureOf(error) }));
    sent.end();
    return () => sent.destroy();
  };
}
