import { type Client, type DecodedMessage, DeliveryStatus } from '@conclave/browser-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { present } from '../thread/present.js';
import { clearOutbox, forget, noteOutgoing, outbox, readOutbox } from './outbox.js';

const message = (id: string, deliveryStatus: DeliveryStatus) =>
  ({
    id,
    content: id,
    contentType: { authorityId: 'xmtp.org', typeId: 'text', versionMajor: 1, versionMinor: 0 },
    conversationId: 'harbour',
    deliveryStatus,
    reactions: [],
    senderInboxId: 'alice',
    sentAtNs: 1_700_000_000_000_000_000n,
  }) as unknown as DecodedMessage;

/** A client with one conversation, whose database is read when the test says so. */
function slowClient(unpublished: readonly DecodedMessage[]) {
  let letRead = () => {};
  const read = new Promise<void>((resolve) => {
    letRead = resolve;
  });
  const conversation = {
    id: 'harbour',
    async messages({ deliveryStatus }: { deliveryStatus: DeliveryStatus }) {
      await read;
      return unpublished.filter((each) => each.deliveryStatus === deliveryStatus);
    },
  };
  return { client: { conversations: { list: async () => [conversation] } } as unknown as Client, letRead };
}

const ids = () => outbox.value.map((each) => each.message.id);

afterEach(clearOutbox);

describe('the outbox, read as a whole', () => {
  it('has what waits in the database, and no longer what is not there', async () => {
    noteOutgoing('harbour', present(message('earlier', DeliveryStatus.Unpublished)));
    const { client, letRead } = slowClient([
      message('waits', DeliveryStatus.Unpublished),
      message('refused', DeliveryStatus.Failed),
    ]);
    letRead();
    await readOutbox(client);
    expect(ids()).toEqual(['waits', 'refused']);
  });

  it('does not bring back what went out while it was read', async () => {
    const { client, letRead } = slowClient([message('waits', DeliveryStatus.Unpublished)]);
    const reading = readOutbox(client);
    noteOutgoing('harbour', present(message('waits', DeliveryStatus.Published)));
    letRead();
    await reading;
    expect(ids()).toEqual([]);
  });

  it('keeps what was written while it was read, and not what is no more', async () => {
    const { client, letRead } = slowClient([message('gone', DeliveryStatus.Unpublished)]);
    const reading = readOutbox(client);
    noteOutgoing('harbour', present(message('new', DeliveryStatus.Unpublished)));
    forget('gone');
    letRead();
    await reading;
    expect(ids()).toEqual(['new']);
  });
});
