/** docs/upstream-tests.md: cases of the original's test suites that are left out, from `interop/upstream/left-out.json`. */
import { jsonOf } from '../checks/files.mjs';

/** The page's text. */
export function upstreamTestsPage(root) {
  const rows = jsonOf(root, 'interop/upstream/left-out.json').map(
    ({ file, name, reason }) => `| \`${file}\` | ${name} | ${reason} |`,
  );
  return `<!-- Generated from interop/upstream/left-out.json: npm run generate -->

# The original's own tests

\`npm run test:upstream -- FOLDER\` runs the test suites of \`@xmtp/node-sdk\` (node-sdk in the table) and \`@xmtp/agent-sdk\` (agent-sdk) from a checkout
of github.com/xmtp/xmtp-js, revision 0a57ad14, with their imports led to our packages and a fresh node behind them. It fails when a case fails that is
not in this table, and names those that are in it and pass.

| file | case | why it is left out |
| --- | --- | --- |
${rows.join('\n')}
`;
}
