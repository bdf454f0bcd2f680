import type { Report } from './report.js';

export const asJson = (report: Report) => `${JSON.stringify(report, undefined, 2)}\n`;
