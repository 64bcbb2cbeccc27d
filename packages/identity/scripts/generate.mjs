/**
 * Compiles contracts/ into src/chain/gen; needs no network.
 *
 *   node packages/identity/scripts/generate.mjs           writes src/chain/gen
 *   node packages/identity/scripts/generate.mjs --check   exits 1 when src/chain/gen is not what the contracts give
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
const name = 'SignatureValidator';
const target = join(packageDir, 'src', 'chain', 'gen', 'signature-validator.ts');

const input = {
  language: 'Solidity',
  sources: { [name]: { content: readFileSync(join(packageDir, 'contracts', `${name}.sol`), 'utf8') } },
  settings: {
    // Paris: chains that do not know newer instructions run it too.
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 1 },
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
  },
};
const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input)));
for (const { formattedMessage } of errors) console.error(formattedMessage);
if (errors.length > 0) process.exit(1);

const bytecode = contracts[name][name].evm.bytecode.object;
const lines = bytecode.match(/.{1,96}/g).map((line) => `  '${line}'`);
const text = `// Made from contracts/${name}.sol by npm run generate.
/** Creation code of the contract, ${bytecode.length / 2} bytes; the ABI encoding of its parameters follows it. Hex. */
export const SIGNATURE_VALIDATOR =
${lines.join(' +\n')};
`;

if (process.argv.includes('--check')) {
  let present = '';
  try {
    present = readFileSync(target, 'utf8');
  } catch {}
  if (present !== text) {
    console.error('packages/identity/src/chain/gen is not up to date; run "npm run generate".');
    process.exitCode = 1;
  } else {
    console.log('packages/identity/src/chain/gen is up to date');
  }
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
