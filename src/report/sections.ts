import type { Report } from '../deployment/report.js';
import { containerTable } from './containers.js';
import { count } from './count.js';
import { earlierVersions } from './earlier.js';
import { foretold } from './foretold.js';
import { failureTable, latencyTable, phaseTable } from './measurements.js';
import { processTable } from './processes.js';
import { differences, notCompared, proofs } from './proof.js';
import { reasonTable } from './reasons.js';
import { rehearsalRemarks, rehearsalTable } from './rehearsals.js';
import { isEmpty, type Section } from './section.js';
import { statusSections } from './status.js';

/** What stands below the verdict, in the order in which it is asked for. Empty parts are left out. */
export function sections(report: Report): readonly Section[] {
  const { containers, warnings, instructions, output = [], releaseCommand } = report;
  const all: readonly Section[] = report.status
    ? statusSections(report)
    : [
        { title: 'The end of its output', kind: 'verbatim', lines: output },
        {
          title: "The end of the release command's output",
          kind: 'verbatim',
          ...(releaseCommand?.outcome === 'succeeded' && { detail: true }),
          lines: releaseCommand?.output ?? [],
        },
        { title: 'Warnings', kind: 'list', items: warnings },
        recoveredRuns(report),
        belongings(report),
        foretold(report),
        containerTable(containers),
        reasonTable(report),
        processTable(containers),
        differences(containers),
        failureTable(containers),
        latencyTable(containers),
        { title: 'What the relup does', kind: 'verbatim', detail: true, lines: instructions },
        rehearsalTable(containers),
        rehearsalRemarks(containers),
        earlierVersions(containers),
        proofs(containers),
        notCompared(containers),
        phaseTable(containers),
        files(report),
      ];
  return all.filter((section) => !isEmpty(section));
}

/** Whoever deploys next has to know that something else happened first. */
function recoveredRuns({ recovered = [] }: Report): Section {
  const items = recovered.map(
    ({ container, what, by = 'a run that left no record', how }) =>
      `${container}: the interrupted run of ${by} was ${what}: ${how}`,
  );
  return { title: 'Recovered from an interrupted run', kind: 'list', items };
}

function belongings({ uninstalled = [] }: Report): Section {
  const items = uninstalled.map(
    ({ what, name, state, why }) => `${state}: ${what} ${name}${why === undefined ? '' : ` (${why})`}`,
  );
  return { title: 'What hot-deploy has left', kind: 'list', items };
}

function files({ image, bundle }: Report): Section {
  const items = [
    ...(image ? [`image: ${image.reference} (${image.id})`] : []),
    ...(image?.previousId ? [`image before: ${image.previousId}`] : []),
    ...(bundle
      ? [
          `bundle: ${bundle.path ?? 'not written'}, ${count(bundle.bytes, 'byte')}, with ${bundle.applications.join(', ')}`,
        ]
      : []),
  ];
  return { title: 'Image and bundle', kind: 'list', detail: true, items };
}
