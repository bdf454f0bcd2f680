import { isAnything, isFlag, isText, membersOf } from '../system/shape.js';
import { type Call, ifThere } from './call.js';
import type { Engine } from './engine.js';
import { order, read, type Transport } from './request.js';

export function networkCalls(
  docker: Transport,
  call: Call,
): Pick<Engine, 'connectNetwork' | 'disconnectNetwork' | 'findNetwork' | 'hasVolume'> {
  const to = (network: string, verb: 'connect' | 'disconnect', json: object) =>
    ({ method: 'POST', path: ['networks', network, verb], json }) as const;
  return {
    findNetwork: async (asked) => {
      const found = await ifThere(
        call(`inspect network ${asked}`, (signal) => read(docker, { path: ['networks', asked] }, signal, isNetwork)),
      );
      return found && { id: found.Id, name: found.Name, internal: found.Internal };
    },
    hasVolume: async (name) => {
      const found = await ifThere(
        call(`inspect volume ${name}`, (signal) => read(docker, { path: ['volumes', name] }, signal, isVolume)),
      );
      return found !== undefined;
    },
    connectNetwork: async (network, container, endpoint) => {
      const asked = to(network, 'connect', { Container: container, EndpointConfig: endpoint });
      await call(`connect container ${container} to network ${network}`, (signal) => order(docker, asked, signal));
    },
    disconnectNetwork: async (network, container) => {
      const asked = to(network, 'disconnect', { Container: container });
      await call(`disconnect container ${container} from network ${network}`, (signal) => order(docker, asked, signal));
    },
  };
}

const isNetwork = membersOf({ Id: isText, Name: isText, Internal: isFlag });
const isVolume = membersOf({ Name: isAnything });
