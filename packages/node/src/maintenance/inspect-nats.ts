/** Whether NATS servers can be reached, take the login, and pass on what one of them is told. */
import { randomBytes } from 'node:crypto';
import type { NatsConnection } from '../log/postgres/nats-client.js';

/** What was found of one server. */
export interface NatsReport {
  /** As it was given; may hold a login. */
  readonly url: string;
  /** For example `2.9.10`; undefined when it could not be reached. */
  readonly version: string | undefined;
  /** Why it could not be reached: the kind of the client's error, which holds no login. */
  readonly failure: string | undefined;
  /** Whether a message that was published at the first server that answers arrived here. */
  readonly hears: boolean;
}

const CONNECT_MS = 5_000;
/** How long a message may take from one server of a cluster to another. */
const HEAR_MS = 3_000;

/** Connects to each server on its own, and sends one empty message to a subject that nobody listens to. Never rejects. */
export async function inspectNats(urls: readonly string[]): Promise<NatsReport[]> {
  const subject = `conclave.doctor.${randomBytes(8).toString('hex')}`;
  const members = await Promise.all(urls.map((url) => join(url, subject)));
  try {
    const first = members.find(({ connection }) => connection !== undefined)?.connection;
    const heard = members.map(({ heard }) => heard);
    if (first !== undefined) await tell(first, subject, heard);
    return await Promise.all(
      members.map(async ({ url, connection, failure, heard }) => ({
        ...{ url, failure, version: connection?.info?.version },
        hears: connection !== undefined && (await Promise.race([heard, Promise.resolve(false)])),
      })),
    );
  } finally {
    await Promise.all(members.map(({ connection }) => connection?.close()));
  }
}

interface Member {
  readonly url: string;
  readonly connection: NatsConnection | undefined;
  readonly failure: string | undefined;
  /** Settles once the message is here. */
  readonly heard: Promise<boolean>;
}

async function join(url: string, subject: string): Promise<Member> {
  const { connectNats } = await import('../log/postgres/nats-client.js');
  let hear = (): void => undefined;
  const heard = new Promise<boolean>((resolve) => {
    hear = () => resolve(true);
  });
  try {
    const connection = await connectNats([url], {
      ...{ name: 'conclave-doctor', timeout: CONNECT_MS, reconnect: false, ignoreClusterUpdates: true },
    });
    connection.subscribe(subject, {
      callback: (error) => {
        if (error === null) hear();
      },
    });
    await connection.flush();
    return { url, connection, failure: undefined, heard };
  } catch (error) {
    return {
      url,
      connection: undefined,
      failure: error instanceof Error ? error.name : 'unknown',
      heard: Promise.resolve(false),
    };
  }
}

/** Publishes until all have heard it, or long enough: one server of a cluster learns of a listener at another a moment later. */
async function tell(connection: NatsConnection, subject: string, heard: readonly Promise<boolean>[]): Promise<void> {
  const everybody = Promise.all(heard).then(() => true);
  const end = performance.now() + HEAR_MS;
  while (performance.now() < end && !connection.isClosed()) {
    connection.publish(subject);
    if (await Promise.race([everybody, new Promise<false>((resolve) => setTimeout(resolve, 100, false))])) return;
  }
}
