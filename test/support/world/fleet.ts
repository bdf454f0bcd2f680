import { beforeAll, expect } from 'vitest';
import type { ContainerReport, Report } from '../../../src/deployment/report.js';
import { type Container, type Inspected, start, unused } from './container.js';
import { deployTo } from './deploying.js';

/** How one container of a fleet is run. */
export interface Member {
  readonly image: () => Promise<string>;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly name?: string;
  /** What goes on in it when the deploy begins. */
  readonly prepare?: (container: Container) => Promise<void>;
}

/** One container after the deploy, and what it was before. */
export interface Deployment {
  readonly container: Container;
  readonly before: Inspected;
  readonly row: ContainerReport;
  readonly report: Report;
}

/**
 * Runs containers that differ in one thing each, and deploys to all of them in one run before the tests of the file: they
 * share its waiting, and each test looks at the container it is about.
 */
export function fleet<Name extends string>(
  members: Readonly<Record<Name, Member>>,
  options: () => Promise<Readonly<Record<string, string>>>,
): (name: Name) => Deployment {
  const deployed = new Map<string, Deployment>();
  beforeAll(async () => {
    const started = await Promise.all(
      Object.entries<Member>(members).map(
        async ([name, { image, args, command, name: given = unused('hd-fleet'), prepare }]) => {
          const container = await start(await image(), args, command, given);
          await prepare?.(container);
          return { name, container, before: await container.inspect() };
        },
      ),
    );
    const { report, log } = await deployTo(
      started.map(({ container }) => container.name),
      { canary: '0', 'max-parallel': '20', ...(await options()) },
    );
    expect(report, `${report.message ?? ''}\n${log}`).toMatchObject({ outcome: 'deployed' });
    for (const { name, container, before } of started) {
      const row = report.containers.find((each) => each.name === container.name);
      if (row === undefined) throw new Error(`the report has no row for ${name}`);
      deployed.set(name, { container, before, row, report });
    }
  });
  return (name) => {
    const deployment = deployed.get(name);
    if (deployment === undefined) throw new Error(`${name} was not deployed to`);
    return deployment;
  };
}

/** Expects that the same VM runs the new release as a cold boot would. */
export async function expectHot({ container, before, row }: Deployment): Promise<void> {
  expect(row).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(row.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
  const { Pid, StartedAt } = before.State;
  expect((await container.inspect()).State).toMatchObject({ Pid, StartedAt });
}

/** Expects that a new container took the old one's place, for these reasons and no others: `code subject`. */
export async function expectRestarted(
  { container, before, row, report }: Deployment,
  ...reasons: string[]
): Promise<void> {
  expect(row).toMatchObject({ outcome: 'deployed', method: 'recreate' });
  expect(row.reasons.map(({ code, subject }) => `${code} ${subject}`).toSorted()).toEqual(reasons.toSorted());
  const after = await container.inspect();
  expect(after.Id).toBe(row.id);
  expect(after.Id).not.toBe(before.Id);
  expect(after.Image).toBe(report.image?.id);
}
