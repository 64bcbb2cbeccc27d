/** Servers that tests and benchmarks start for themselves: PostgreSQL and NATS. */
export { NATS_MISSING, NATS_SERVER, NatsCluster } from './nats-cluster.js';
export { freePort, POSTGRES_BIN, POSTGRES_MISSING, PostgresServer } from './postgres-server.js';
