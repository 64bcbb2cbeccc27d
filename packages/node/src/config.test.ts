import { expect, it } from 'vitest';
import { readConfig } from './config.js';

const read = (nats: string[]) => readConfig({ dataDir: '.', postgres: 'postgres://a@b/c', nats }).postgres?.nats;

it.each(['nats://a:4222', 'tls://a', 'nats://user:p%40ss@a:4222', 'nats://token@a', 'nats://[::1]:4222/'])(
  'takes the address of a NATS server: %s',
  (address) => {
    expect(read([address])).toEqual([address]);
  },
);

it.each(['a:4222', 'http://a:4222', 'nats://', 'nats://a/b', 'nats://a b', 'nats://a:x', 'nats://user:50%@a:4222'])(
  'refuses the address of a NATS server: %s',
  (address) => {
    expect(() => read([address])).toThrowError(expect.objectContaining({ code: 'node/invalid-nats-url' }));
  },
);
