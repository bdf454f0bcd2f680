import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Call, calls, lookedAtBytes } from './call.js';

/** What is done to one call of a run. */
export interface Fault {
  /** Asked for each call; the first that is meant is struck, and no other. */
  readonly meant: (call: Call) => boolean;
  /** Before the engine hears of it, or when the engine has answered and nobody has heard the answer. */
  readonly when: 'before' | 'after';
  readonly strike: (call: Call, proxy: EngineProxy) => Promise<void> | void;
  /** The engine's answer is lost, and the connection with it. */
  readonly loses?: 'answer';
}

/** Stands between a run and the engine. */
export interface EngineProxy {
  /** For `DOCKER_HOST`. */
  readonly address: string;
  /** What was asked since it was last armed, in order; beats of a lock are left out. */
  readonly seen: readonly Call[];
  /** Ids of all containers that were made through it. */
  readonly made: ReadonlySet<string>;
  /** The call that was struck. */
  readonly struck: Call | undefined;
  /** Why what was to be done to it could not be done. */
  readonly missed: unknown;
  /** Begins a run anew, with one fault or none. */
  arm(fault?: Fault): void;
  /** Ends every connection, and lets nobody in for so long; without, whoever lives comes again at once. */
  cut(ms?: number): void;
  /** When the network is there again. */
  mended(): Promise<void>;
  close(): Promise<void>;
}

export async function openProxy(engine = '/var/run/docker.sock'): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-proxy-'));
  const path = join(folder, 'docker.sock');
  const open = new Set<Socket>();
  const made = new Set<string>();
  let cutUntil = 0;
  let fault: Fault | undefined;
  let name = calls();
  let seen: Call[] = [];
  let struck: Call | undefined;
  let missed: unknown;

  /** Answers what is to happen to this call. */
  const look = (method: string, url: string, body: Buffer) => {
    const call = name(method, url, body);
    if (call === undefined) return undefined;
    seen.push(call);
    if (struck !== undefined || fault === undefined || !fault.meant(call)) return undefined;
    struck = call;
    return { call, fault };
  };

  const missing = (socket: Duplex) => (error: unknown) => {
    missed = error;
    socket.destroy();
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/', headers, socket } = incoming;
    const body = await beginning(incoming);
    const hit = look(method, url, body.bytes);
    if (hit?.fault.when === 'before') await hit.fault.strike(hit.call, proxy);
    // Whoever was killed, or cut off, has asked for nothing.
    if (socket.destroyed) return;
    const onward = request({ socketPath: engine, method, path: url, headers, agent: false });
    onward.on('error', () => socket.destroy());
    const pass = async (answer: IncomingMessage) => {
      const isNew = method === 'POST' && /\/containers\/create(\?|$)/.test(url);
      if (hit?.fault.when === 'after' || isNew) {
        const bytes = await whole(answer);
        if (isNew) note(bytes, made);
        if (hit?.fault.when === 'after') await hit.fault.strike(hit.call, proxy);
        if (hit?.fault.loses === 'answer') socket.destroy();
        if (socket.destroyed) return;
        response.writeHead(answer.statusCode ?? 500, answer.headers).end(bytes);
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
      answer.on('error', () => socket.destroy());
      // A stream whose reader has gone, such as one of events, would go on for ever.
      response.on('close', () => answer.destroy());
    };
    onward.on('response', (answer) => void pass(answer).catch(missing(socket)));
    onward.write(body.bytes);
    if (body.ended) onward.end();
    else incoming.pipe(onward);
  };

  const hijack = async (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { method = 'POST', url = '/', rawHeaders } = incoming;
    const hit = look(method, url, head);
    if (hit?.fault.when === 'before') await hit.fault.strike(hit.call, proxy);
    if (socket.destroyed) return;
    const onward = createConnection({ path: engine, allowHalfOpen: true });
    const lines = rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ${rawHeaders[at + 1]}\r\n` : ''));
    onward.write(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`);
    onward.write(head);
    socket.pipe(onward);
    socket.on('close', () => onward.destroy());
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    if (hit?.fault.when !== 'after') {
      onward.pipe(socket);
      return;
    }
    // What was run has ended when the engine closes; until then nothing is passed on but that it has begun.
    const [begun, ...rest] = await begunAndRest(onward, socket);
    await hit.fault.strike(hit.call, proxy);
    if (hit.fault.loses === 'answer') socket.destroy();
    if (socket.destroyed) return;
    socket.end(Buffer.concat(begun === undefined ? rest : [begun, ...rest]));
  };

  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (incoming, response) => {
    serve(incoming, response).catch(missing(incoming.socket));
  });
  server.on('connection', (socket: Socket) => {
    if (Date.now() < cutUntil) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('upgrade', (incoming, socket, head) => {
    hijack(incoming, socket, head).catch(missing(socket));
  });
  await new Promise<void>((done) => server.listen(path, done));

  const proxy: EngineProxy = {
    address: `unix://${path}`,
    get seen() {
      return seen;
    },
    made,
    get struck() {
      return struck;
    },
    get missed() {
      return missed;
    },
    arm: (next) => {
      [fault, name, seen, struck, missed] = [next, calls(), [], undefined, undefined];
    },
    cut: (ms = 0) => {
      cutUntil = Date.now() + ms;
      for (const socket of open) socket.destroy();
    },
    mended: async () => {
      while (Date.now() < cutUntil) await new Promise((done) => setTimeout(done, cutUntil - Date.now()));
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return proxy;
}

/** As much of a request's body as is looked at, and whether that is all of it. */
function beginning(incoming: IncomingMessage): Promise<{ readonly bytes: Buffer; readonly ended: boolean }> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (ended: boolean) => {
      incoming.off('data', take).off('end', end).off('close', end);
      if (!ended) incoming.pause();
      done({ bytes: Buffer.concat(chunks), ended });
    };
    const end = () => finish(true);
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= lookedAtBytes) finish(false);
    };
    incoming.on('data', take).on('end', end).on('close', end);
  });
}

function whole(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    const end = () => done(Buffer.concat(chunks));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', end).on('close', end).on('error', end);
  });
}

/** Passes on the line that says that the exec has begun, keeps what it says, and resolves when it has ended. */
function begunAndRest(onward: Socket, socket: Duplex): Promise<readonly Buffer[]> {
  return new Promise((done) => {
    const kept: Buffer[] = [];
    let begun = false;
    const end = () => done(kept);
    onward.on('data', (chunk: Buffer) => {
      const at = begun ? -1 : chunk.indexOf('\r\n\r\n');
      if (at >= 0) {
        begun = true;
        socket.write(chunk.subarray(0, at + 4));
        kept.push(chunk.subarray(at + 4));
      } else {
        kept.push(chunk);
      }
    });
    onward.on('end', end).on('close', end);
    socket.on('close', end);
  });
}

function note(answer: Buffer, made: Set<string>): void {
  const id: unknown = (JSON.parse(answer.toString()) as { readonly Id?: unknown }).Id;
  if (typeof id === 'string') made.add(id);
}
