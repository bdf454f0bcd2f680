import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connectEngine } from '../../src/engines/connect.js';
import type { Engine } from '../../src/engines/engine.js';
import { lockLabel, runLabel } from '../../src/engines/throw-away.js';
import { lockName } from '../../src/journal/lock-labels.js';

/** What answers in the place of an engine, and how much of it was taken. */
export interface HostileEngine {
  readonly engine: Engine;
  /** Bytes that somebody has taken so far. */
  taken(): number;
  /** What it was asked, but for its version. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

type Answer = (response: ServerResponse | Duplex, path: string, request: IncomingMessage) => void;

/** An engine of one's own: what it is not told to answer is not there. */
export async function hostileEngine(answers: Readonly<Record<string, Answer>>): Promise<HostileEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const open = new Set<Duplex>();
  const asked: string[] = [];
  let taken = 0;
  const answerTo = (request: IncomingMessage): Answer | undefined => {
    const path = String(request.url).replace(/^\/v[\d.]+/, '');
    asked.push(`${request.method} ${path}`);
    request.resume();
    return Object.entries(answers).find(([beginning]) => `${request.method} ${path}`.startsWith(beginning))?.[1];
  };
  const server: Server = createServer((request, response) => {
    if (request.url === '/version') {
      response.end('{"ApiVersion":"1.41"}');
      return;
    }
    const answer = answerTo(request);
    if (answer === undefined) response.writeHead(404).end('{"message":"No such container"}');
    else answer(response, String(request.url), request);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    let before = 0;
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    const count = () => {
      taken += socket.bytesWritten - before;
      before = socket.bytesWritten;
    };
    socket.on('drain', count).on('close', count);
  });
  server.on('upgrade', (request, socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.on('error', () => undefined);
    answerTo(request)?.(socket, String(request.url), request);
  });
  const path = join(folder, 'd.sock');
  await new Promise<void>((done) => server.listen(path, done));
  return {
    engine: await connectEngine({ DOCKER_HOST: `unix://${path}` }),
    taken: () => taken,
    asked,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true });
    },
  };
}

/** Begins with `first`, and then says `again` for as long as somebody takes it. */
export function endless(first: string | Buffer, again: string | Buffer): Answer {
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / again.length) }, () => Buffer.from(again)));
  return (response) => {
    response.write(first);
    const more = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', more);
    more();
  };
}

/** Says something, then a byte now and then. */
export function trickling(first: string | Buffer): Answer {
  return (response) => {
    response.write(first);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
}

export const json =
  (value: unknown): Answer =>
  (response) =>
    response.end(JSON.stringify(value));

/** A frame of an output. */
export function frame(text: string | Buffer, length = Buffer.byteLength(text)): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** An engine on which the container that is the lock of `production` has these files. */
export function withJournal(files: Pick<Engine, 'getArchive'>): Engine {
  const lock = { id: 'lock', names: [lockName('production')], state: 'created', createdAt: 0, networkMode: 'none' };
  const containers = async () => [{ ...lock, labels: { [lockLabel]: 'production', [runLabel]: 'run' } }];
  const findContainer = async () => ({ Id: lock.id, State: { Status: lock.state } });
  return { ...files, containers, findContainer } as unknown as Engine;
}

/** Bytes that this process takes more than before, when all that can go is gone. */
export async function memory(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage();
  let most = 0;
  const look = () => {
    const { rss, external, arrayBuffers } = process.memoryUsage();
    most = Math.max(most, rss - before.rss, external + arrayBuffers - before.external - before.arrayBuffers);
  };
  const timer = setInterval(look, 5);
  try {
    await work();
    look();
    return most;
  } finally {
    clearInterval(timer);
  }
}
