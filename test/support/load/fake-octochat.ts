import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Speaks octochat's protocol, and can be made to break each promise that the load watches over. */
export interface FakeOctochat {
  readonly tcpPort: number;
  readonly httpPort: number;
  version: string;
  /** Called with each reply before it is sent; what it returns is sent in its place. */
  tamper: (reply: string, seen: number) => readonly string[];
  httpStatus: number;
  dropConnections(): void;
  forgetValues(): void;
  /** Every connection's count begins anew. */
  forgetCounts(): void;
  /** Answers nobody for so long, and then everybody. */
  hang(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startFakeOctochat(): Promise<FakeOctochat> {
  const values = new Map<string, string>();
  const counts = new Map<Socket, number>();
  let free = Promise.resolve();

  const run = (line: string, seen: number): string => {
    const [command, key = '', value = ''] = line.split(' ');
    if (command === 'PING') return `PONG ${octochat.version} ${seen}`;
    if (command === 'GET') return values.get(key) ?? 'NIL';
    if (command !== 'PUT') return 'ERROR unknown';
    values.set(key, value);
    return 'OK';
  };

  const tcp = createServer((socket) => {
    counts.set(socket, 0);
    socket.on('close', () => counts.delete(socket));
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', async (chunk: string) => {
      await free;
      for (const line of chunk.split('\n').filter((one) => one !== '')) {
        const seen = (counts.get(socket) ?? 0) + 1;
        counts.set(socket, seen);
        for (const reply of octochat.tamper(run(line, seen), seen)) socket.write(`${reply}\n`);
      }
    });
  });
  const http = createHttpServer(async (_, response) => {
    await free;
    response.writeHead(octochat.httpStatus).end('{}');
  });

  const octochat: FakeOctochat = {
    tcpPort: await listening(tcp),
    httpPort: await listening(http),
    version: '1',
    tamper: (reply) => [reply],
    httpStatus: 200,
    dropConnections: () => {
      for (const socket of counts.keys()) socket.destroy();
    },
    forgetValues: () => values.clear(),
    forgetCounts: () => {
      for (const socket of counts.keys()) counts.set(socket, 0);
    },
    hang: async (ms) => {
      free = new Promise((resolve) => setTimeout(resolve, ms));
      await free;
    },
    stop: async () => {
      octochat.dropConnections();
      await Promise.all([closed(tcp), closed(http)]);
    },
  };
  return octochat;
}

async function listening(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function closed(server: Server | HttpServer): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
