/** What `node doctor` finds at the servers that nodes share: PostgreSQL and NATS. */
import { maskSecrets, type NodeConfig, NodeError } from '@conclave/node';
import { inspectNats, inspectPostgres, type NatsReport, type PostgresReport } from '@conclave/node/maintenance';

/** One finding. */
export interface Check {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly finding: string;
}

const OLDEST_POSTGRES = 15;
/** Times of messages come from the nodes' clocks: beyond this, messages of different nodes look out of order to people. */
const CLOCK_TOLERANCE_MS = 2_000;

/** What to do about a server that a node cannot use, by SQLSTATE or system code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there; start the server, or mend host and port',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up now; check DNS',
  CONNECT_TIMEOUT: 'no answer; check host, port and firewall',
  EHOSTUNREACH: 'there is no way to this host; check address and firewall',
  '28P01': 'the password is wrong',
  '28000': 'the login is refused; check the user and pg_hba.conf',
  '3D000': 'there is no such database; make it with createdb',
  '53300': 'every connection is taken; raise max_connections, or end what holds them',
  '57P03': 'the server is starting or stopping; ask again in a moment',
  '42501': 'the login may not read the tables of the nodes; use the login that made them',
};

/** The checks of what is configured; none for a node on SQLite. */
export async function checkShared({ postgres }: Pick<NodeConfig, 'postgres'>): Promise<Check[]> {
  if (postgres === undefined) return [];
  const { url, shards, nats = [] } = postgres;
  const [ofPostgres, ofNats] = await Promise.all([
    askPostgres(url, shards, nats.length > 0),
    inspectNats(nats).then((reports) => judgeNats(reports)),
  ]);
  return [...ofPostgres, ...ofNats];
}

async function askPostgres(url: string, shards: number | undefined, hasNats: boolean): Promise<Check[]> {
  try {
    return judgePostgres(await inspectPostgres(url, { shards, hasNats }), shards);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const { address, reason } = error.details;
    const remedy = REMEDIES[String(reason)];
    const finding = address === undefined ? error.message : `${address}: ${remedy ?? 'it cannot be used'} (${reason})`;
    return [{ check: 'postgres', status: 'failed', finding }];
  }
}

/** @param shards - what the node is configured with; undefined takes what the database has */
export function judgePostgres(report: PostgresReport, shards?: number): Check[] {
  return [
    { check: 'postgres', ...judgeServer(report) },
    { check: 'postgres tables', ...judgeTables(report, shards) },
    { check: 'postgres clock', ...judgeClock(report) },
    ...(report.connections === undefined
      ? []
      : [{ check: 'postgres connections', ...judgeConnections(report.connections) }]),
    ...report.riskySettings.map(
      (setting): Check => ({
        ...{ check: 'postgres durability', status: 'warning' },
        finding: `${setting}: a server that stops can lose what clients were told is stored; set it to on`,
      }),
    ),
  ];
}

type Finding = Omit<Check, 'check'>;

function judgeServer({ address, answerMs, version, major, isStandby }: PostgresReport): Finding {
  const answers = `${address}, ${version}, answers in ${answerMs.toFixed(1)} ms`;
  if (isStandby)
    return { status: 'failed', finding: `${answers}, but it is a standby and takes no write; name the primary` };
  if (major === undefined)
    return { status: 'warning', finding: `${answers}; it speaks PostgreSQL's language, and only PostgreSQL was tried` };
  if (major < OLDEST_POSTGRES)
    return { status: 'failed', finding: `${answers}, and is older than ${OLDEST_POSTGRES}; upgrade the server` };
  return { status: 'ok', finding: answers };
}

function judgeTables(report: PostgresReport, asked: number | undefined): Finding {
  const { schemaVersion: version, wantedSchemaVersion: wanted, mayCreateTables, isHalfMigrated, shards } = report;
  if (isHalfMigrated)
    return {
      status: 'failed',
      finding: 'a migration from SQLite was not finished; run the same conclave node migrate again',
    };
  if (version > wanted)
    return {
      status: 'failed',
      finding: `version ${version}, made by a newer node; this one knows ${wanted}: upgrade it`,
    };
  if (version < wanted && !mayCreateTables)
    return { status: 'failed', finding: 'the login may not make tables; GRANT CREATE ON SCHEMA public TO it' };
  if (version === 0) return { status: 'ok', finding: 'none yet; the first node that starts makes them' };
  if (asked !== undefined && shards !== undefined && asked !== shards)
    return {
      status: 'failed',
      finding: `made with ${shards} shards, and --postgres-shards says ${asked}; leave it out`,
    };
  if (version < wanted)
    return {
      status: 'warning',
      finding: `version ${version} of ${wanted}; the next start changes them: take a backup before`,
    };
  return { status: 'ok', finding: `version ${version}, ${shards === 1 ? '1 shard' : `${shards} shards`}` };
}

function judgeClock({ clockAheadMs }: PostgresReport): Finding {
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  const skew = `this machine is ${seconds} s ${clockAheadMs < 0 ? 'behind' : 'ahead of'} the server`;
  if (Math.abs(clockAheadMs) <= CLOCK_TOLERANCE_MS) return { status: 'ok', finding: skew };
  return { status: 'warning', finding: `${skew}; let NTP set both clocks` };
}

function judgeConnections({ most, free, heldByNodes, ofOneNode }: NonNullable<PostgresReport['connections']>): Finding {
  const facts = `${free} of ${most} are free, nodes hold ${heldByNodes}, one more opens up to ${ofOneNode}`;
  if (free >= ofOneNode) return { status: 'ok', finding: facts };
  const remedy = 'raise max_connections, or the limit of the login or database';
  // Of a node that runs already they are open.
  return { status: heldByNodes > 0 ? 'warning' : 'failed', finding: `${facts}; ${remedy}` };
}

/** One check for each server. */
export function judgeNats(reports: readonly NatsReport[]): Check[] {
  return reports.map(({ url, version, failure, hears }): Check => {
    const check = 'nats';
    const address = maskSecrets(url);
    if (version === undefined)
      return {
        check,
        status: 'failed',
        finding: `${address} does not answer or refuses the login (${failure}); check both`,
      };
    if (!hears)
      return {
        ...{ check, status: 'failed' },
        finding: `${address}, ${version}, hears nothing of the first server; join them to one cluster, and allow the login conclave.>`,
      };
    return { check, status: 'ok', finding: `${address}, ${version}, passes messages on` };
  });
}
