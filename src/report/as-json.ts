import type { Report } from '../deployment/report.js';

/** Wherever it is printed in a job, the runner finds no command of the older kind in it. */
export const asJson = (report: Report) => `${JSON.stringify(report, undefined, 2).replaceAll('##[', '##\\u005b')}\n`;
