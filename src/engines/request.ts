import { IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Is, parsedJson } from '../system/shape.js';
import { readAll } from './bounded.js';

/** How an engine is reached, as Node's own client takes it. */
export interface Transport {
  readonly secure: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** `/v1.45`; empty as long as no version is agreed upon. */
  readonly version: string;
}

export interface Request {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Its parts. A name that came from elsewhere is one of them, and leads nowhere else, whatever is in it. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly json?: unknown;
  readonly tar?: Buffer;
}

/** Of one answer in JSON. The longest is the list of an engine with thousands of containers. */
const mostBytes = 32 * 1_048_576;
/** Of an error. */
const mostWords = 65_536;

/**
 * One request to the engine, and its answer as it begins: not a byte of its body is read yet.
 *
 * @throws Error with the engine's words and its status, where that is no success
 */
export async function open(transport: Transport, asked: Request, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(transport, asked, signal).on('response', resolve).on('error', reject);
  });
  return await succeeded(response, signal);
}

/** The same, where the connection goes on as a plain stream in both directions. */
export async function upgrade(transport: Transport, asked: Request, signal: AbortSignal): Promise<Duplex> {
  const answer = await new Promise<Duplex | IncomingMessage>((resolve, reject) => {
    send(transport, asked, signal, { connection: 'Upgrade', upgrade: 'tcp' })
      .on('upgrade', (_, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      })
      .on('response', resolve)
      .on('error', reject);
  });
  if (!(answer instanceof IncomingMessage)) return answer;
  await succeeded(answer, signal);
  answer.destroy();
  throw new Error('it did not hand the connection over; a proxy before it has to pass `Upgrade: tcp` on');
}

/** Only whether it succeeds. */
export async function order(transport: Transport, asked: Request, signal: AbortSignal): Promise<void> {
  await readAll(await open(transport, asked, signal), signal, mostBytes);
}

/** @throws Error where what is answered is not what it has to be */
export async function read<T>(transport: Transport, asked: Request, signal: AbortSignal, is: Is<T>): Promise<T> {
  const bytes = await readAll(await open(transport, asked, signal), signal, mostBytes);
  const answer = parsedJson(bytes.toString());
  if (!is(answer)) throw new Error('what it answered is none of what an engine answers');
  return answer;
}

function send(
  { secure, options, version }: Transport,
  { method = 'GET', path, query = {}, json, tar }: Request,
  signal: AbortSignal,
  more: Readonly<Record<string, string>> = {},
) {
  const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, `${value}`] as [string, string]));
  const body = tar ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)));
  const type = tar === undefined ? 'application/json' : 'application/x-tar';
  const headers = { ...(body && { 'content-type': type, 'content-length': body.length }), ...more };
  const at = `${version}/${path.map(segment).join('/')}${words.size === 0 ? '' : `?${words}`}`;
  const sent = (secure ? overHttps : overHttp)({ ...options, method, path: at, headers, signal });
  // An answer may come, and the connection end, before all of a body is sent.
  sent.end(body);
  return sent;
}

/** A reference has slashes and a colon in it. What leads up a path is no name of anything. */
function segment(part: string): string {
  const words = part.split('/');
  if (words.some((word) => ['', '.', '..'].includes(word))) {
    throw failure(404, `there is nothing that is called ${JSON.stringify(part)}`);
  }
  return words.map((word) => encodeURIComponent(word.toWellFormed()).replace(/%3A/g, ':')).join('/');
}

async function succeeded(response: IncomingMessage, signal: AbortSignal): Promise<IncomingMessage> {
  const { statusCode: status = 0, statusMessage = '' } = response;
  if (status >= 200 && status < 300) return response;
  const text = (await readAll(response, signal, mostWords)).toString().trim();
  const told = parsedJson(text);
  const words = typeof told === 'object' && told !== null && 'message' in told ? told.message : text;
  throw failure(status, typeof words === 'string' && words.trim() !== '' ? words : statusMessage);
}

function failure(statusCode: number, words: string): Error {
  return Object.assign(new Error(words), { statusCode });
}
