/** The scenarios by the names of their files, the longest first: `scripts/test-browser.mjs` runs several at a time. */
export const SCENARIOS = [
  'sign-in',
  'groups',
  'together',
  'invites',
  'storage',
  'conversation',
  'haste',
  'accessibility',
  'offline',
  'quota',
  'notifications',
  'hostile',
];
