/** SQLite's WebAssembly, compressed with gzip, in base64. Empty in the sources, as `worker-code.ts`. */
export const sqliteWasm: string = '';
