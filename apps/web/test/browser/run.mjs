/**
 * The chat page in a real Chromium, served by a real node under the policy that people get: `npm run test:browser -- web`. `node …/run.mjs NAME…`
 * runs only the scenarios named so.
 *
 * Without a Chromium (`scripts/chromium.mjs`) the script says so; that counts as a failure where $CI is set.
 */

import { closeSteps } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { findChromium } from '../../../../scripts/chromium.mjs';
import { SCENARIOS } from './scenarios.mjs';

if (findChromium() === undefined) {
  console.log('Browser tests did not run: there is no Chromium. Install one or name it in CONCLAVE_CHROMIUM.');
  process.exit(process.env.CI ? 1 : 0);
}
const wanted = process.argv.slice(2);
for (const name of SCENARIOS) {
  if (wanted.length === 0 || wanted.includes(name)) await (await import(`./${name}.mjs`)).run();
}
// A scenario that could not be prepared may have left a browser behind.
process.exit(closeSteps() ? 0 : 1);
