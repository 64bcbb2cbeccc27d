/** The chat page is an application as any other: of this project's packages it knows the browser SDK alone, and nobody knows it. */
import { filesBelow, textOf } from './files.mjs';

const IMPORTED = /\bfrom\s*['"](@conclave\/[\w-]+)/g;
const ALLOWED = '@conclave/browser-sdk';
const PAGE = '@conclave/web';

/** Every complaint about what the page imports, and who imports the page. */
export function checkPage(root) {
  const imports = (folder) =>
    filesBelow(root, folder, /\.tsx?$/).flatMap((path) =>
      [...textOf(root, path).matchAll(IMPORTED)].map(([, name]) => ({ path, name })),
    );
  const own = imports('apps/web')
    .filter(({ name }) => name !== ALLOWED)
    .map(({ path, name }) => `${path} imports ${name}; the page stands on ${ALLOWED} alone`);
  const others = imports('packages')
    .filter(({ name }) => name === PAGE)
    .map(({ path }) => `${path} imports the page`);
  return [...own, ...others];
}
