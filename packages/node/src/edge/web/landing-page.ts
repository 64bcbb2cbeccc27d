/** The page at `/`: what runs here, where, in which version, and how to talk through it. No script, nothing from elsewhere. */
import type { ServerResponse } from 'node:http';
import { NODE_VERSION } from '../../version.js';

/** What the page says; addresses as `HOST:PORT`. */
export interface LandingPageFacts {
  /** Of the ports that are open. */
  readonly addresses: Readonly<{ grpc?: string; web?: string; tls?: string; history?: string }>;
  /** Under which the reader reached this page. */
  readonly webAddress: string;
  /** True when it was reached over TLS. */
  readonly isSecure: boolean;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fbfaf7; --card: #ffffff; --line: #e3dfd6; --mark: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --soft: #a2a8b2; --ground: #14171c; --card: #1c2027; --line: #2d333d; --mark: #e3b35a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 ui-sans-serif, system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 4rem 1.25rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
p { margin: .5rem 0; }
.soft { color: var(--soft); }
.state { color: var(--mark); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.5rem; margin: 0; padding: 1rem 1.25rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; overflow-x: auto; }
code, pre, dd.mono { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .9em; }
a { color: inherit; text-decoration-color: var(--mark); }
`;

/** Sends the page. */
export function sendLandingPage(response: ServerResponse, facts: LandingPageFacts): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(renderLandingPage(facts));
}

/** The page as HTML. */
export function renderLandingPage(facts: LandingPageFacts): string {
  const { grpc, tls, history } = facts.addresses;
  const scheme = facts.isSecure ? 'https' : 'http';
  const web = `${scheme}://${facts.webAddress}`;
  const native = grpc === undefined ? web : `http://${grpc}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conclave node</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Conclave node</h1>
<p class="state">Running.</p>
<p>This node stores and orders end-to-end encrypted messages for XMTP clients. It cannot read them.</p>

<h2>Addresses</h2>
<dl>
${row('gRPC', native)}
${row('gRPC-web, Connect', web)}
${tls === undefined ? '' : row('Everything over TLS', `https://${tls}`)}
${history === undefined ? '' : row('History files', `http://${history}`)}
${row('Health', `${web}/healthz`)}
${row('Readiness', `${web}/readyz`)}
</dl>

<h2>Talk through it</h2>
<p>In one terminal make a wallet and an inbox, and read the address it prints:</p>
<pre>npx conclave init --node ${escapeHtml(native)}
npx conclave whoami</pre>
<p>In a second terminal do the same with another database, then start a conversation with the first:</p>
<pre>npx conclave init --node ${escapeHtml(native)} --db ./second.db
npx conclave chat --node ${escapeHtml(native)} --db ./second.db</pre>
<p class="soft">An app with the XMTP SDK reaches this node with <code>apiUrl: '${escapeHtml(native)}'</code>, in the
browser with <code>apiUrl: '${escapeHtml(web)}'</code>. On the default ports <code>env: 'local'</code> is enough.</p>

<h2>Versions</h2>
<dl>
${row('Conclave node', NODE_VERSION)}
${row('Protocol', 'XMTP v3 (libxmtp 1.10), MLS 1.0 (RFC 9420)')}
${row('Node.js', process.version)}
</dl>
</main>
</body>
</html>
`;
}

function row(name: string, value: string): string {
  return `<dt>${escapeHtml(name)}</dt><dd class="mono">${escapeHtml(value)}</dd>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
