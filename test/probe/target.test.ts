import { describe, expect, it } from 'vitest';
import { InvalidProbe, parseProbe } from '../../src/probe/target.js';

describe('a probe is read from one line', () => {
  it.each([
    ['http://127.0.0.1:4000/health?deep=1', { kind: 'http', host: '127.0.0.1', port: 4000, path: '/health?deep=1' }],
    ['http://app.example.com', { kind: 'http', host: 'app.example.com', port: 80, path: '/' }],
    ['http://{container}:4000/health', { kind: 'http', host: '{container}', port: 4000, path: '/health' }],
    ['http://[::1]:4000/', { kind: 'http', host: '::1', port: 4000, path: '/' }],
    ['tcp://127.0.0.1:5555', { kind: 'tcp', host: '127.0.0.1', port: 5555 }],
    ['tcp://{container}:80', { kind: 'tcp', host: '{container}', port: 80 }],
    ['tcp://[::1]:5555', { kind: 'tcp', host: '::1', port: 5555 }],
    ['exec:bin/app rpc "1 + 1"', { kind: 'exec', command: 'bin/app rpc "1 + 1"' }],
    [' docker ', { kind: 'docker' }],
  ])('%s', (text, target) => {
    expect(parseProbe(text)).toEqual(target);
  });

  it.each([
    ['', 'is of no known kind'],
    ['healthcheck', 'is of no known kind'],
    ['ftp://127.0.0.1', 'is of no known kind'],
    ['https://app.example.com/', 'asks for TLS, which is not measured'],
    ['http://', 'is no address'],
    ['http://127.0.0.1:70000/', 'is no address'],
    ['http://127.0.0.1:0/', 'has no usable port'],
    ['tcp://127.0.0.1', 'has no port'],
    ['tcp://127.0.0.1:80/path', 'something after it'],
    ['tcp://:80', 'is no address'],
    ['exec:  ', 'has no command'],
  ])('%j is refused: it %s', (text, problem) => {
    expect(() => parseProbe(text)).toThrow(InvalidProbe);
    expect(() => parseProbe(text)).toThrow(problem);
    expect(() => parseProbe(text)).toThrow(
      'allowed are http://HOST[:PORT][/PATH], tcp://HOST:PORT, exec:COMMAND and docker',
    );
  });

  it('never repeats a password in its complaint', () => {
    expect(() => parseProbe('http://admin:hunter2@app/')).toThrow("'http://***@app/' has a user");
  });
});
