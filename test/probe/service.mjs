// A service with a loop of its own, so that a busy prober does not make it busy too. It misbehaves on command.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const now = () => performance.timeOrigin + performance.now();
const open = new Set();
let behaviour = 'answer';
const held = [];
let connections = 0;
let mostAtOnce = 0;

function answer(request, response) {
  switch (behaviour) {
    case 'answer':
      return response.end('well');
    case 'redirect':
      return response.writeHead(302, { location: '/login' }).end();
    case 'error':
      return response.writeHead(500).end();
    case 'reset':
      return request.socket.resetAndDestroy();
    case 'cut':
      response.writeHead(200, { 'content-length': 100 });
      return response.write('half', () => request.socket.destroy());
    case 'hold':
      return held.push(() => response.end('late'));
  }
}

function connected(socket) {
  connections += 1;
  open.add(socket);
  mostAtOnce = Math.max(mostAtOnce, open.size);
  socket.on('close', () => open.delete(socket));
  socket.on('error', () => undefined);
  if (workerData.kind === 'http') return;
  if (behaviour === 'reset') socket.resetAndDestroy();
  // Docker's proxy finds out only when it has connected to the container in vain.
  if (behaviour === 'close') setTimeout(() => socket.end(), 5);
  if (behaviour === 'greet') socket.end('220 ready\r\n');
  // What a client says is of no interest; without reading it, its leaving would not be seen.
  socket.resume();
}

const server = workerData.kind === 'http' ? createHttpServer(answer) : createTcpServer();
server.on('connection', connected);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  parentPort.on('message', (message) => {
    if (message === 'count') return parentPort.postMessage({ connections, mostAtOnce });
    behaviour = message.behaviour;
    const from = now();
    const back = () => {
      behaviour = 'answer';
      for (const release of held.splice(0)) release();
      parentPort.postMessage({ from, to: now() });
    };
    if (behaviour === 'refuse') {
      server.close();
      for (const socket of open) socket.destroy();
      setTimeout(() => server.listen(port, '127.0.0.1', back), message.forMs);
    } else setTimeout(back, message.forMs);
  });
  parentPort.postMessage(port);
});
