/** docs/migrating-from-node-sdk.md: every name of the original (vectors/node-sdk/surface.json) and what it is here (docs/migration-notes.json). */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jsonOf, textOf } from '../checks/files.mjs';

const STATES = ['same', 'better', 'not yet'];

/** The page's text. @throws when a name of the original is missing without a note, or a note is about no name */
export async function migrationPage(root) {
  const surface = jsonOf(root, 'vectors/node-sdk/surface.json');
  const { notes, options, guide } = jsonOf(root, 'docs/migration-notes.json');
  const sdk = await import(pathToFileURL(join(root, 'packages/node-sdk/bundle/index.js')));
  const used = new Set();
  const row = (name, label = name) => {
    const { state = 'same', how = '' } = notes[name] ?? {};
    if (notes[name] !== undefined) used.add(name);
    if (!STATES.includes(state)) throw new Error(`docs/migration-notes.json: ${name} has the state ${state}.`);
    return `| \`${label}\` | ${state} | ${how} |`;
  };
  const table = (names) => ['| name | here | how |', '| --- | --- | --- |', ...names].join('\n');
  const top = [surface.functions, ...[surface.enums, surface.constants, surface.errors].map(Object.keys)];
  for (const name of top.flat()) if (!(name in sdk)) throw new Error(`${name} of the original is not exported.`);
  const classes = Object.entries(surface.classes).map(([name, { statics, members }]) => {
    const rows = [
      ...Object.keys(statics).map((member) => row(`${name}.${member}`, `static ${member}`)),
      ...Object.keys(members).map((member) => row(`${name}.${member}`, member)),
    ];
    return `### ${name}\n\n${table(rows)}`;
  });
  const page = `<!-- Generated from vectors/node-sdk/surface.json and docs/migration-notes.json: npm run generate -->

${textOf(root, guide)}
## Options

${table(options.map(({ name, state, how }) => `| \`${name}\` | ${state} | ${how} |`))}

## Names

*same*: the name, its parameters, its values and its texts. *better*: the same, and what the last column says. *not yet*: there, and it throws
\`sdk/not-available\`.

### Functions

${table(surface.functions.map((name) => row(name)))}

### Enumerations, constants

${table([...Object.keys(surface.enums), ...Object.keys(surface.constants)].map((name) => row(name)))}

### Errors

${table(Object.keys(surface.errors).map((name) => row(name)))}

${classes.join('\n\n')}
`;
  const unused = Object.keys(notes).filter((name) => !used.has(name));
  if (unused.length > 0)
    throw new Error(`docs/migration-notes.json speaks of names that are none: ${unused.join(', ')}`);
  return page;
}
