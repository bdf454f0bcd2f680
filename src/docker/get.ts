import type Dockerode from 'dockerode';

/**
 * One request whose answer is JSON. For what dockerode's own functions take no signal for: a request that is never
 * answered, and never aborted, would keep this process from ending.
 *
 * @param absent what to say for a 404
 */
export function get<T>(docker: Dockerode, path: string, absent: string, abortSignal: AbortSignal): Promise<T> {
  const statusCodes = { 200: true, 404: absent, 500: 'server error' };
  return new Promise((resolve, reject) => {
    docker.modem.dial({ path, method: 'GET', statusCodes, abortSignal }, (error: unknown, answer?: unknown) =>
      error ? reject(error) : resolve(answer as T),
    );
  });
}
