// What the first load of the workspace costs over the wire, and how long its source files are.
import fs from 'node:fs';
import path from 'node:path';

const FIRST_LOAD_BYTES = 180 * 1024;
const LINES = 400;
const isSources = process.argv.includes('--sources');

function* files(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(name);
    else yield name;
  }
}

function tooLong() {
  const written = [...files('src'), ...files('e2e'), ...files('tools')].filter((name) => !name.includes('node_modules'));
  const generated = /schema\.d\.ts$|openapi\.json$|package-lock\.json$/;
  return written.filter((name) => !generated.test(name) && fs.readFileSync(name, 'utf8').split('\n').length > LINES);
}

/** The page, what it names, and what the first screen after the log-in loads: in brotli. */
function firstLoad(dist) {
  const size = (name) => fs.statSync(path.join(dist, `${name}.br`)).size;
  const page = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:href|src)="\/([^"]+)"/g)].map(([, name]) => name);
  const home = fs.readdirSync(path.join(dist, 'assets')).filter((name) => /^Home-.*\.(js|css)$/.test(name)).map((name) => `assets/${name}`);
  const all = [...new Set(['index.html', ...named, ...home])];
  return all.map((name) => [name, size(name)]);
}

if (isSources) {
  const long = tooLong();
  if (long.length > 0) {
    console.error(`more than ${LINES} lines: ${long.join(', ')}`);
    process.exit(1);
  }
} else {
  const parts = firstLoad('dist');
  const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  for (const [name, bytes] of parts) console.log(String(bytes).padStart(8), name);
  console.log(String(total).padStart(8), 'first load, brotli; the limit is', FIRST_LOAD_BYTES);
  process.exit(total > FIRST_LOAD_BYTES ? 1 : 0);
}
