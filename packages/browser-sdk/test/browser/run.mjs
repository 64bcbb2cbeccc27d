/**
 * The browser SDK in a real Chromium against a real node: `npm run test:browser`. `node …/run.mjs NAME…` runs only the scenarios named so.
 *
 * Without a Chromium (`scripts/chromium.mjs`) the script says so; that counts as a failure where $CI is set.
 */
import { findChromium } from '../../../../scripts/chromium.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { closeSteps } from './steps.mjs';

if (findChromium() === undefined) {
  console.log('Browser tests did not run: there is no Chromium. Install one or name it in CONCLAVE_CHROMIUM.');
  process.exit(process.env.CI ? 1 : 0);
}

const wanted = process.argv.slice(2);
for (const name of SCENARIOS) {
  if (wanted.length === 0 || wanted.includes(name)) await (await import(`./${name}.mjs`)).run();
}
process.exitCode = closeSteps() ? 0 : 1;
