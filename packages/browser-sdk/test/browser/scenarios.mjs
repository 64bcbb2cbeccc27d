/** The scenarios by the names of their files, the longest first: `scripts/test-browser.mjs` runs several at a time. */
export const SCENARIOS = ['storage', 'outage', 'talk', 'tabs', 'failures', 'sqlite'];
