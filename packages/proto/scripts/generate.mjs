/**
 * Generates src/gen from proto/ with buf and the local protoc-gen-es; needs no network.
 *
 *   node packages/proto/scripts/generate.mjs           writes src/gen
 *   node packages/proto/scripts/generate.mjs --check   exits 1 when src/gen is not what the .proto files give
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary, isFieldSet } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
const rootDir = dirname(dirname(packageDir));
const genDir = join(packageDir, 'src', 'gen');

/** Runs the buf command of the workspace; buf finds protoc-gen-es through PATH. */
function buf(...args) {
  const entry = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
  execFileSync(process.execPath, [entry, ...args], {
    cwd: packageDir,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: join(rootDir, 'node_modules', '.bin') + delimiter + process.env.PATH,
    },
  });
}

/** Path below `dir` to content, for every file. */
function readTree(dir) {
  const files = new Map();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(dir, path), readFileSync(path, 'utf8'));
  }
  return files;
}

/** Names of the files that differ between two trees, also those that only one has. */
function differences(expected, actual) {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  return [...names].filter((name) => expected.get(name) !== actual.get(name)).sort();
}

/**
 * Descriptors are to be made when they are first used, of plain objects in place of bytes: by our functions of the library's names
 * (`src/lazy-descriptors.ts`, `src/file-descriptor.ts`).
 */
function makeLazy(tree) {
  const imported = /^(import (?:type )?\{[^}]*\} from )"@bufbuild\/protobuf\/(codegenv2|wkt)";$/gm;
  const described = /fileDesc\("([A-Za-z0-9+/]+)"/;
  return new Map(
    [...tree].map(([path, text]) => {
      const up = '../'.repeat(path.split(sep).length);
      const own = { codegenv2: 'lazy-descriptors.js', wkt: 'empty.js' };
      return [
        path,
        text
          .replace(imported, (line, words, from) =>
            from === 'codegenv2' && words.startsWith('import type') ? line : `${words}"${up}${own[from]}";`,
          )
          .replace(described, (_, base64) => {
            const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64'));
            return `fileDesc(() => (${literal(plain(FileDescriptorProtoSchema, file))})`;
          }),
      ];
    }),
  );
}

/** What is set of a message, and nothing else. */
function plain(schema, message) {
  const set = schema.fields.filter((field) => isFieldSet(message, field));
  return Object.fromEntries(
    set.map((field) => {
      const given = message[field.localName];
      const one = (each) => (field.message === undefined ? each : plain(field.message, each));
      return [field.localName, field.fieldKind === 'list' ? given.map(one) : one(given)];
    }),
  );
}

const literal = (value) => JSON.stringify(value).replace(/"(\w+)":/g, '$1:');

buf('lint');
if (process.argv.includes('--check')) {
  const scratch = mkdtempSync(join(tmpdir(), 'conclave-proto-'));
  try {
    buf('generate', '--output', scratch);
    const changed = differences(makeLazy(readTree(join(scratch, 'src', 'gen'))), readTree(genDir));
    if (changed.length > 0) {
      console.error(`packages/proto/src/gen is not up to date; run "npm run generate". Files: ${changed.join(', ')}`);
      process.exitCode = 1;
    } else {
      console.log('packages/proto/src/gen is up to date');
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else {
  buf('generate');
  for (const [path, text] of makeLazy(readTree(genDir))) writeFileSync(join(genDir, path), text);
}
