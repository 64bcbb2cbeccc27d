/**
 * Compresses what is made once and loaded by many: a twentieth smaller than zlib's best, for every inflater. That takes seconds for a megabyte, so
 * what was compressed is kept among the installed packages.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import zopfli from '@gfx/zopfli';
import { ROOT } from './places.mjs';

const KEPT = join(ROOT, 'node_modules/.conclave-compressed');
/** More turns of the search gain nothing that could be seen. */
const TURNS = 5;

/** @param {Uint8Array} bytes @returns {Promise<Buffer>} in the format of gzip */
export async function gzipTightly(bytes) {
  const file = join(KEPT, `${createHash('sha256').update(bytes).digest('hex')}.gz`);
  if (existsSync(file)) return readFileSync(file);
  const compressed = Buffer.from(await zopfli.gzipAsync(bytes, { numiterations: TURNS }));
  mkdirSync(KEPT, { recursive: true });
  // Two builds may be at it.
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, compressed);
  renameSync(partial, file);
  return compressed;
}
