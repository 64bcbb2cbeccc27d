/**
 * The client of NATS, which is loaded by `import()` where it is wanted. In a module of its own since it is written in the older module system:
 * of such a library a bundle gives `import()` no names.
 */
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';

export type { NatsConnection } from '@nats-io/transport-node';

/**
 * Connects to one of the servers, with the login that an address holds: the client itself reads host and port alone. The servers of a cluster share
 * their logins. Where an address says `tls://`, a server without TLS is not told anything.
 *
 * @param urls `nats://USER:PASSWORD@HOST:PORT`, `nats://TOKEN@HOST:PORT` or `tls://…`, checked by `readConfig`
 * Rejects with an error of the client.
 */
export function connectNats(urls: readonly string[], options: ConnectionOptions): Promise<NatsConnection> {
  const addresses = urls.map((url) => new URL(url));
  const { username = '', password = '' } = addresses.find((address) => address.username !== '') ?? {};
  const [user, pass] = [username, password].map(decodeURIComponent) as [string, string];
  const login = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  const tls = addresses.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {};
  return connect({ servers: addresses.map(({ host }) => host), ...login, ...tls, ...options });
}
