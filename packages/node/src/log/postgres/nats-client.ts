/**
 * The client of NATS, which is loaded by `import()` where it is wanted. In a module of its own since it is written in the older module system:
 * of such a library a bundle gives `import()` no names.
 */
export { connect, type NatsConnection } from '@nats-io/transport-node';
