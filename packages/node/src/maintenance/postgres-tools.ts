/** pg_dump and pg_restore, which come with every PostgreSQL: a consistent state of a live database, and its way back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { NodeError } from '../errors.js';

/**
 * Runs a tool against a database. The address goes through the environment: arguments can be read by everybody on the
 * machine, and it holds a password.
 * @throws NodeError `node/tool-missing`, `node/tool-failed` with the last line that the tool wrote
 */
export async function runPostgresTool(
  tool: 'pg_dump' | 'pg_restore',
  url: string,
  args: readonly string[],
): Promise<void> {
  const folder = process.env.CONCLAVE_POSTGRES_BIN;
  const program = folder === undefined ? tool : `${folder}/${tool}`;
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...environmentOf(url) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new NodeError('node/tool-missing', { tool }, cause)));
  });
  const [code] = await Promise.race([once(child, 'close'), failed]);
  if (code === 0) return;
  throw new NodeError('node/tool-failed', {
    tool,
    exitCode: code as number,
    said: said.trim().split('\n').at(-1) ?? '',
  });
}

/** libpq's variables for a URL. */
function environmentOf(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const sslmode = searchParams.get('sslmode') ?? searchParams.get('ssl');
  return {
    PGHOST: hostname.replace(/^\[|\]$/g, ''),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...(sslmode !== null && { PGSSLMODE: sslmode === 'true' ? 'require' : sslmode }),
  };
}
