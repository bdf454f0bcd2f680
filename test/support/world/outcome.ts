import { expect } from 'vitest';
import { type Container, connect } from './container.js';
import { type Deployed, deployTo } from './deploying.js';

/** The version of octochat that answers a new client. */
export async function served(container: Container): Promise<string> {
  const client = await connect(await container.port(4040));
  const [, version = ''] = (await client.ask('PING')).split(' ');
  client.close();
  return version;
}

/** Deploys, and expects that the same VM runs the new release as a cold boot would. */
export async function deployHot(container: Container, options: Readonly<Record<string, string>>): Promise<Deployed> {
  const before = await container.inspect();
  const deployed = await deployTo(container.name, options);
  const { report } = deployed;
  expect(report, explained(deployed)).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
  expect((await container.inspect()).State).toMatchObject({ Pid: before.State.Pid, StartedAt: before.State.StartedAt });
  return deployed;
}

/** Deploys, and expects that a new container took the old one's place, for these reasons and no others. */
export async function deployByRestart(
  container: Container,
  options: Readonly<Record<string, string>>,
  ...codes: readonly string[]
): Promise<Deployed> {
  const before = await container.inspect();
  const deployed = await deployTo(container.name, options);
  const { report } = deployed;
  expect(report, explained(deployed)).toMatchObject({ outcome: 'deployed', method: 'recreate' });
  expect(report.reasons.map(({ code }) => code).toSorted()).toEqual(codes.toSorted());
  const after = await container.inspect();
  expect(after.Id).not.toBe(before.Id);
  expect(after.Image).toBe(report.image?.id);
  return deployed;
}

/** For a test that fails: what the run said. */
export function explained({ report, log }: Deployed): string {
  return `${report.message ?? ''}\n${log}`;
}
