/** The version of this package, as its package.json says it. */
import { readFileSync } from 'node:fs';

/** For `--version` and the header that names the application to the node. */
export const CLI_VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;
