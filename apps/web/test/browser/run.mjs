/**
 * The chat page in a real Chromium, served by a real node under the policy that people get: `npm run test:browser -- web`. Some of its
 * scenarios alone: CONCLAVE_SCENARIOS=groups,offline.
 *
 * Without a Chromium (`scripts/chromium.mjs`) the script says so; that counts as a failure where $CI is set.
 */

import { closeSteps } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { findChromium } from '../../../../scripts/chromium.mjs';

if (findChromium() === undefined) {
  console.log('Browser tests did not run: there is no Chromium. Install one or name it in CONCLAVE_CHROMIUM.');
  process.exit(process.env.CI ? 1 : 0);
}
const wanted = process.env.CONCLAVE_SCENARIOS?.split(',');
for (const name of ['conversation', 'groups', 'sign-in', 'offline', 'hostile', 'accessibility']) {
  if (wanted === undefined || wanted.includes(name)) await (await import(`./${name}.mjs`)).run();
}
// A scenario that could not be prepared may have left a browser behind.
process.exit(closeSteps() ? 0 : 1);
