/** SQLite's WebAssembly, compressed with gzip, in base64. Empty in the sources, as `worker-code.ts`. */
export const sqliteWasm: string = '';
/** What a new database begins as (`imageOf`), compressed with gzip, in base64. Empty in the sources: there the tables are made. */
export const newDatabase: string = '';
