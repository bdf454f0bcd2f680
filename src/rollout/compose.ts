import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { isChannel, originOf, sameName } from '../engines/origin.js';
import { remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import type { TargetPlan } from '../strategies/strategy.js';

/** The service of a compose project that a container belongs to. */
export interface ComposeService {
  readonly project: string;
  readonly service: string;
  /** The compose files, as `docker compose` was given them; empty if it did not say. */
  readonly files: string;
}

export function composeServiceOf({ Config: { Labels } }: ContainerDetails): ComposeService | undefined {
  const labels: Readonly<Record<string, string>> = Labels ?? {};
  const { 'com.docker.compose.project': project, 'com.docker.compose.service': service } = labels;
  if (project === undefined || service === undefined) return undefined;
  return { project, service, files: labels['com.docker.compose.project.config_files'] ?? '' };
}

/** The plans with what `docker compose up` would undo of them: it makes a service from the image that the compose file names. */
export async function withComposeRemarks(
  engine: Engine,
  image: { readonly reference: string; readonly id: string },
  plans: readonly TargetPlan[],
): Promise<readonly TargetPlan[]> {
  return await Promise.all(
    plans.map(async (plan) => {
      const origin = originOf(plan.container);
      const meant = origin === undefined || isChannel(origin) ? undefined : await engine.findImage(origin);
      const reason = meant?.Id === image.id ? undefined : composeRemark(plan.container, image.reference);
      return reason === undefined ? plan : { ...plan, reasons: [...plan.reasons, reason] };
    }),
  );
}

/** Pure. A channel moves to the new image, and needs no remark. */
export function composeRemark(container: ContainerDetails, reference: string): Reason | undefined {
  const compose = composeServiceOf(container);
  const origin = originOf(container);
  if (compose === undefined || origin === undefined || isChannel(origin) || sameName(origin, reference)) {
    return undefined;
  }
  const { project, service, files } = compose;
  const where = files === '' ? 'the compose file' : files;
  return remark(
    'compose-image-differs',
    service,
    `The service ${service} of the compose project ${project} is made from ${origin}, and \`docker compose up\` puts that back. In ${where}, change the service's line to \`image: ${reference}\`, or to a channel tag such as \`live\`, which hot-deploy moves along.`,
  );
}
