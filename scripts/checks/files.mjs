/** Walks the parts of the tree that people wrote, for the checks beside this file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'bundle', 'gen', '.git', '.conclave', 'data', 'coverage']);

/** Every file below a folder whose name matches, as paths relative to `root` with forward slashes. */
export function filesBelow(root, folder, pattern) {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesBelow(root, path, pattern);
      return pattern.test(entry.name) ? [path] : [];
    });
}

/** Names of the folders in `packages/` that hold a package. */
export function packageNames(root) {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json')))
    .map((entry) => entry.name)
    .sort();
}

/** The text of a file, by its path relative to `root`. */
export const textOf = (root, path) => readFileSync(join(root, path), 'utf8');

/** Parsed JSON of a file, by its path relative to `root`. */
export const jsonOf = (root, path) => JSON.parse(textOf(root, path));

/** True for files that only tests load. */
export const isTestFile = (path) => /\.(test|testkit)\.m?[jt]s$/.test(path) || /^packages\/[^/]+\/test\//.test(path);
