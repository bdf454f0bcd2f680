// Cuts out of GitHub's own description of its API what the tests' server checks requests against.
//   npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz && node slices.mjs package/generated/api.github.com.deref.json
import { readFile, writeFile } from 'node:fs/promises';

const operations = [
  ['get', '/repos/{owner}/{repo}/commits/{commit_sha}/pulls'],
  ['get', '/repos/{owner}/{repo}/commits/{ref}'],
  ['get', '/repos/{owner}/{repo}/pulls/{pull_number}'],
  ['get', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['post', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['patch', '/repos/{owner}/{repo}/issues/comments/{comment_id}'],
  ['delete', '/repos/{owner}/{repo}/issues/comments/{comment_id}'],
  ['get', '/repos/{owner}/{repo}/deployments'],
  ['post', '/repos/{owner}/{repo}/deployments'],
  ['get', '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses'],
  ['post', '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses'],
  ['get', '/repos/{owner}/{repo}/actions/runs/{run_id}'],
  ['get', '/user'],
];

/** Examples and prose are most of it, and nothing is checked against them. */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      !['description', 'example', 'examples', 'externalDocs'].includes(key) ||
      (typeof inner === 'object' && !Array.isArray(inner) && 'type' in Object(inner)),
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, bare(inner)]));
}

const [source] = process.argv.slice(2);
const { info, paths } = JSON.parse(await readFile(source, 'utf8'));
const cut = operations.map(([method, path]) => {
  const { operationId, parameters = [], requestBody } = paths[path][method];
  const body = requestBody?.content['application/json'].schema;
  return {
    method: method.toUpperCase(),
    path,
    operationId,
    parameters: parameters.map(({ name, in: place, required = false, schema }) => ({
      name,
      in: place,
      required,
      schema: bare(schema),
    })),
    ...(body && { body: bare(body) }),
  };
});
const document = {
  source: `@octokit/openapi of npm, api.github.com ${info.version}: GitHub's description of its REST API (MIT)`,
  operations: cut,
};
await writeFile(new URL('openapi.json', import.meta.url), `${JSON.stringify(document, undefined, 2)}\n`);
