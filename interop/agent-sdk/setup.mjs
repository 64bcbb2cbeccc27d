/**
 * Installs `@xmtp/agent-sdk`, unchanged, on our packages: npm's `overrides` put them in the place of `@xmtp/node-sdk` and of
 * `@xmtp/node-bindings`, as an application would. In a folder of its own (`CONCLAVE_AGENT_SDK`, else ~/.cache/conclave-agent-sdk),
 * 69 MB, nearly all of it viem. A folder that fits is left alone. Part of `npm run interop:setup`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../peer/places.mjs';
import { AGENT } from './places.mjs';

const { agentSdk } = JSON.parse(readFileSync(join(ROOT, 'interop/package.json'), 'utf8'));
const ours = (name) => `file:${join(ROOT, 'packages', name)}`;
const manifest = `${JSON.stringify(
  {
    name: 'agent',
    private: true,
    type: 'module',
    dependencies: { '@xmtp/agent-sdk': agentSdk['@xmtp/agent-sdk'] },
    overrides: {
      '@xmtp/node-sdk': ours('node-sdk'),
      '@xmtp/node-bindings': ours('node-bindings'),
      viem: agentSdk.viem,
    },
  },
  null,
  2,
)}\n`;

const isSetUp = () => {
  const path = join(AGENT, 'package.json');
  const sdk = join(AGENT, 'node_modules/@xmtp/node-sdk');
  return (
    existsSync(path) &&
    readFileSync(path, 'utf8') === manifest &&
    existsSync(sdk) &&
    realpathSync(sdk) === realpathSync(join(ROOT, 'packages/node-sdk'))
  );
};

if (!isSetUp()) {
  process.stderr.write(`Setting up @xmtp/agent-sdk ${agentSdk['@xmtp/agent-sdk']} on our packages in ${AGENT} …\n`);
  rmSync(AGENT, { recursive: true, force: true });
  mkdirSync(AGENT, { recursive: true });
  writeFileSync(join(AGENT, 'package.json'), manifest);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--install-links=false'];
  const { status } = spawnSync('npm', ['install', ...options], { cwd: AGENT, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
process.stderr.write(`@xmtp/agent-sdk is set up in ${AGENT}.\n`);
