/**
 * The chat page in a real Chromium, served by a real node under the policy that people get: `npm run test:browser -- web`.
 *
 * Without a Chromium (`scripts/chromium.mjs`) the script says so; that counts as a failure where $CI is set.
 */

import { closeSteps } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { findChromium } from '../../../../scripts/chromium.mjs';

if (findChromium() === undefined) {
  console.log('Browser tests did not run: there is no Chromium. Install one or name it in CONCLAVE_CHROMIUM.');
  process.exit(process.env.CI ? 1 : 0);
}
await (await import('./conversation.mjs')).run();
process.exitCode = closeSteps() ? 0 : 1;
