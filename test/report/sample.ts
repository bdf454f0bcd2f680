import type { ContainerReport, Proof, Report } from '../../src/deployment/report.js';

export const proof: Proof = {
  modules: { expected: 214, matching: 214, differing: [] },
  versions: { kv: '0.2.0' },
  environment: { matching: 37, differing: [] },
  protocols: { expected: 6, matching: 6, differing: [] },
  supervision: { expected: 12, matching: 12, differing: [] },
  registrations: { expected: 31, matching: 31, differing: [] },
  processes: { oldCode: [], notMigrated: [] },
  vm: { sameProcess: true, uptimeMs: 95_000 },
  notCompared: [],
  converged: true,
};

export const container: ContainerReport = {
  name: 'kv-1',
  id: 'f00d',
  engine: 'unix:///var/run/docker.sock',
  outcome: 'deployed',
  method: 'relup',
  from: '0.1.0',
  to: '0.2.0',
  reasons: [],
  rehearsal: {
    kind: 'passed',
    ms: 2_940,
    bootMs: 1_310,
    wayBack: 'downgrade',
    remarks: ['table {sessions,set,public,1} is left, and a cold boot has none'],
  },
  phases: [
    { name: 'unpack', ms: 61.4 },
    { name: 'install', ms: 4.23 },
  ],
  downtime: { ms: 0, longestGapMs: 11.2, requests: 2_512, failed: 0 },
  latency: {
    before: { requests: 1_200, failed: 0, p50Ms: 0.42, p99Ms: 1.3, maxMs: 3.1 },
    during: { requests: 112, failed: 0, p50Ms: 0.44, p99Ms: 9.8, maxMs: 11.2 },
    after: { requests: 1_200, failed: 0, p50Ms: 0.41, p99Ms: 1.2, maxMs: 2.9 },
  },
  proof,
  lingering: [],
  notMigrated: [],
};

export const report: Report = {
  schema: 1,
  outcome: 'deployed',
  method: 'relup',
  from: '0.1.0',
  to: '0.2.0',
  environment: 'production',
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 31_420,
  reasons: [{ code: 'bump-above-limit', subject: 'kv', message: 'Every check passed.', blocks: [] }],
  containers: [container],
  timeline: [
    { at: 0, ms: 3_120, label: 'build the image' },
    { at: 3_400, ms: 61.4, container: 'kv-1', label: 'unpack' },
    { at: 3_470, ms: 4.23, container: 'kv-1', label: 'install' },
    { at: 3_475, ms: 10_000, container: 'kv-1', label: 'soak' },
  ],
  image: { reference: 'acme/kv:c0ffee', id: 'sha256:0123', previousId: 'sha256:4567' },
  bundle: { path: '/tmp/hot-deploy-0.1.0-0.2.0.tar.gz', bytes: 8_192, applications: ['kv'] },
  instructions: ['load kv_store', 'suspend <0.123.0>', '', 'code_change kv_store "0.1.0"', 'resume <0.123.0>'],
  warnings: [],
  runUrl: 'https://github.com/acme/kv/actions/runs/1',
};

/** Restarted, out for a while, and back on the old version. */
export const rolledBack: Report = {
  ...report,
  outcome: 'rolled-back',
  method: 'recreate',
  reasons: [
    { code: 'erts-changed', subject: 'erts', message: 'ERTS goes from 13.1 to 13.2.', blocks: ['relup', 'modules'] },
  ],
  containers: [
    {
      ...container,
      outcome: 'rolled-back',
      method: 'recreate',
      downtime: { ms: 2_210, longestGapMs: 2_215, requests: 1_200, failed: 3 },
      message: 'The new container was unhealthy for 30 s.',
      proof: {
        ...proof,
        modules: { expected: 214, matching: 212, differing: ['kv_store', 'kv_web'] },
        environment: { matching: 36, differing: ['kv:port'] },
        processes: { oldCode: [{ pid: '<0.99.0>', modules: ['kv_store'] }], notMigrated: [] },
        notCompared: ['the environment of `ssl`, which holds funs'],
        converged: false,
      },
      lingering: [{ pid: '<0.99.0>', name: 'kv_worker', modules: ['kv_store', 'kv_web'] }],
    },
    {
      ...container,
      name: 'kv-2',
      outcome: 'refused',
      method: 'none',
      downtime: { ms: 0, longestGapMs: 9, requests: 0, failed: 0 },
    },
  ],
  warnings: ['The tag was not moved.'],
  message: 'kv-1 did not become healthy, and runs 0.1.0 again.',
};

/** The report with `text` in every place that comes from outside. */
export function withText(text: string): Report {
  const note = { pid: text, name: text, modules: [text, text] };
  const reason = { code: 'erts-changed', subject: text, message: text, blocks: [] } as const;
  const hostile: ContainerReport = {
    ...container,
    name: text,
    from: text,
    to: `${text}2`,
    message: text,
    reasons: [{ ...reason, message: `${text}3` }],
    phases: [{ name: text, ms: 1 }],
    lingering: [note],
    notMigrated: [note],
    settings: { equal: false, differing: [text] },
    rehearsal: { kind: 'unrehearsed', ms: 1, remarks: [text] },
    earlier: {
      containers: [{ name: text, id: text, image: text }],
      releases: [{ version: text, bytes: 1 }],
      removed: [text],
    },
    proof: { ...proof, notCompared: [text], modules: { ...proof.modules, differing: [text] } },
  };
  return {
    ...report,
    from: text,
    to: text,
    environment: text,
    message: text,
    reasons: [reason],
    containers: [hostile, hostile],
    timeline: [
      { at: 0, ms: 1, label: text },
      { at: 1, ms: 2, label: text, container: text },
    ],
    image: { reference: text, id: text },
    bundle: { path: text, bytes: 1, applications: [text] },
    instructions: [text, text],
    warnings: [text],
    recovered: [{ container: text, what: 'undone', how: text, by: text }],
    runUrl: `https://github.com/${text}`,
  };
}

/** Each would break out of something if it were taken as it is. */
export const hostileTexts = [
  '| a | b |',
  '\\| \\\\|',
  '</code><script>alert(1)</script>',
  '<!-- ',
  '</details></td>',
  '</details><script>pwned = 1</script>',
  '<img src=x onerror="pwned = 1">',
  '"><svg onload=pwned=1> \'><iframe srcdoc=x>',
  '--> <style>*{display:none}</style>',
  '](javascript:alert(1))',
  '[x](<javascript:alert(1)>) <javascript:alert(1)>',
  '`` ` ```',
  '```\n# heading\n```',
  '\n\n# heading\n\n---\n',
  '\r::error::pwned',
  '::add-mask::a\n::set-output name=x::y',
  '##[error]pwned',
  '[link](https://example.com) ![image](x)',
  '[ref]: https://example.com',
  'https://example.com www.example.com a@example.com',
  '@octocat and @org/team',
  'fixes #12, GH-12 and torvalds/linux#12',
  '#12',
  '**bold** __bold__ ~~gone~~ $x$ _it_',
  '&lt;b&gt; &#124; &amp;',
  '1. one',
  '- [ ] task',
  '> quote',
  'section x',
  'click a call b()',
  'end',
  '%%{init: {"securityLevel": "loose"}}%% title x',
  'x:done\nclick y href "javascript:alert(1)"',
  '2026-01-02',
  'x :crit, 0, 1; y %% z # q',
  '\u001b[2J\u001b]0;title\u0007',
  '\u202edaolyap',
  '\u200f\u061cmark \u200eof direction',
  'אבג مرحبا 漢字 👩‍👩‍👧 ❤️',
  'long'.repeat(30),
  '\ud800 lone',
  '',
  ' ',
] as const;
