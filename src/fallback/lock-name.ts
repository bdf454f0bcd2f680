import { createHash } from 'node:crypto';

/** The name of the container that is the lock of an environment on an engine. */
export function lockName(environment: string): string {
  const safe = environment.replace(/[^A-Za-z0-9_.-]/g, '-');
  const digest = createHash('sha256').update(environment).digest('hex').slice(0, 8);
  return `hot-deploy-lock-${safe === environment ? safe : `${safe}-${digest}`}`;
}
