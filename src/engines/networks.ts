import type Dockerode from 'dockerode';
import { type Call, statusOf } from './call.js';
import type { Engine } from './engine.js';

export function networkCalls(
  docker: Dockerode,
  call: Call,
): Pick<Engine, 'connectNetwork' | 'disconnectNetwork' | 'findNetwork' | 'hasVolume'> {
  return {
    findNetwork: async (asked) => {
      try {
        const {
          Id: id,
          Name: name,
          Internal: internal,
        } = await call(`inspect network ${asked}`, () => docker.getNetwork(asked).inspect());
        return { id, name, internal };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    hasVolume: async (name) => {
      try {
        await call(`inspect volume ${name}`, (abortSignal) => docker.getVolume(name).inspect({ abortSignal }));
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    },
    connectNetwork: async (network, container, endpoint) => {
      await call(`connect container ${container} to network ${network}`, (abortSignal) =>
        docker.getNetwork(network).connect({ Container: container, EndpointConfig: endpoint, abortSignal } as object),
      );
    },
    disconnectNetwork: async (network, container) => {
      await call(`disconnect container ${container} from network ${network}`, (abortSignal) =>
        docker.getNetwork(network).disconnect({ Container: container, abortSignal } as object),
      );
    },
  };
}
