import type Dockerode from 'dockerode';

/**
 * One request whose answer is JSON. For what dockerode's own functions take no signal for: a request that is never
 * answered, and never aborted, would keep this process from ending.
 *
 * @param path with its query, where it has one
 * @param absent what to say for a 404
 */
export function get<T>(docker: Dockerode, path: string, absent: string, abortSignal: AbortSignal): Promise<T> {
  const statusCodes = { 200: true, 404: absent, 500: 'server error' };
  // docker-modem takes the last character from a path with a query, since it expects to put the query there itself.
  const whole = path.includes('?') ? `${path}&` : path;
  return new Promise((resolve, reject) => {
    docker.modem.dial({ path: whole, method: 'GET', statusCodes, abortSignal }, (error: unknown, answer?: unknown) =>
      error ? reject(error) : resolve(answer as T),
    );
  });
}
