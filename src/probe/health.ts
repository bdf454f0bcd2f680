import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { type Answer, type Ask, failureOf } from './answer.js';

/** The engine's verdict by the image's HEALTHCHECK, or that the container runs where the image has none. */
export function healthAsk({ container }: { container: string }, engine: Engine): Ask {
  return (report) => {
    engine.findContainer(container).then(
      (details) => report(verdict(details)),
      (error) => report({ answered: false, failure: failureOf(error) }),
    );
    return () => undefined;
  };
}

function verdict(details: ContainerDetails | undefined): Answer {
  if (details === undefined) return { answered: false, failure: 'no container' };
  const { Status, Health } = details.State;
  // A container that is stopped or paused keeps the last verdict of its check. `none` says that there is no check.
  const checked = Status === 'running' && Health !== undefined && Health.Status !== 'none';
  const state = checked ? Health.Status : Status;
  return state === 'healthy' || state === 'running' ? { answered: true } : { answered: false, failure: state };
}
