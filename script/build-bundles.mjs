// Bundles the front doors, and writes the licences of what is in them. Run by script/build.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A token for other clouds, which hot-deploy never asks for; its HTTP client is a third of a bundle. */
const openIdConnect = /@actions\/core\/lib\/oidc-utils\.js$/;

const withoutUnused = {
  name: 'without-unused',
  setup({ onLoad }) {
    onLoad({ filter: openIdConnect }, () => ({
      contents: "export class OidcClient { static getIDToken() { throw new Error('left out of this bundle'); } }",
    }));
  },
};

const { metafile } = await build({
  entryPoints: { index: 'src/action.ts', cli: 'src/cli.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  charset: 'utf8',
  legalComments: 'none',
  // Names and structure stay readable for whoever reviews what the Action runs.
  minifyWhitespace: true,
  metafile: true,
  plugins: [withoutUnused],
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  logLevel: 'warning',
});

/** The folders of the packages that the bundles were made of. */
function bundledPackages() {
  const folders = Object.keys(metafile.inputs).map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8') : 'No text in the package.';
  return `${name} ${version} (${license})\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
}

writeFileSync(
  'dist/licenses.txt',
  bundledPackages()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`),
);
