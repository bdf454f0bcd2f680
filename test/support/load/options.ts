export interface LoadOptions {
  readonly targets: readonly LoadTarget[];
  readonly connectionsPerTarget: number;
  readonly httpRequestsPerSecondPerTarget: number;
  readonly pingsPerSecondPerConnection: number;
  /** The load ends by itself after this, whoever forgets to stop it. */
  readonly maxSeconds: number;
}

/** Ports on 127.0.0.1: load is never sent anywhere else. */
export interface LoadTarget {
  readonly name: string;
  readonly tcpPort: number;
  readonly httpPort: number;
}

/** A slip of the keyboard must not bring down the machine that the load shares with what it measures. */
const most = { connections: 300, perSecond: 3000, seconds: 900 };

/** @throws RangeError where the load is without end or too much for one machine */
export function checkBounds(options: LoadOptions): void {
  const { targets, connectionsPerTarget, httpRequestsPerSecondPerTarget, pingsPerSecondPerConnection } = options;
  const connections = targets.length * connectionsPerTarget;
  const perSecond = targets.length * httpRequestsPerSecondPerTarget + connections * pingsPerSecondPerConnection;
  within('connections', connections, most.connections);
  within('requests a second', perSecond, most.perSecond);
  within('seconds', options.maxSeconds, most.seconds);
}

function within(what: string, given: number, limit: number): void {
  if (!(given >= 0 && given <= limit)) throw new RangeError(`${given} ${what}: a load may have at most ${limit}`);
}
