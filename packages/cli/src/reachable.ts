/**
 * Whether anything listens where the node should be: known at once, where the client would try again for seconds before it gives up.
 * A node that listens and does not answer is still the client's business.
 */
import { connect } from 'node:net';
import { CliError } from './errors.js';

/** A host that does not even refuse is given up after this, ms. */
const CONNECT_TIMEOUT_MS = 3000;

/** Variables by which gRPC is sent through a proxy: then a connection of our own tells nothing. */
const PROXY_VARIABLES = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;

/** @throws CliError `cli/node-unreachable` when nothing listens at the URL */
export async function requireReachable(url: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (PROXY_VARIABLES.some((name) => env[name] || env[name.toUpperCase()])) return;
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
    const fail = (cause?: unknown): void => {
      socket.destroy();
      reject(new CliError('cli/node-unreachable', { node: url }, cause));
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, fail);
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
