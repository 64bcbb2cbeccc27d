import { type Client, ConsentState, type DecodedMessage } from '@conclave/browser-sdk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

type Conversations = typeof import('./conversations.js');
let conversations: Conversations;

beforeAll(async () => {
  // What the page has from its browser.
  vi.stubGlobal('location', { hash: '', origin: 'http://localhost' });
  vi.stubGlobal('addEventListener', () => {});
  conversations = await import('./conversations.js');
});
afterAll(() => vi.unstubAllGlobals());

const message = (conversationId: string, at: number) =>
  ({
    id: `${conversationId} ${at}`,
    content: `words ${at}`,
    contentType: { authorityId: 'xmtp.org', typeId: 'text', versionMajor: 1, versionMinor: 0 },
    conversationId,
    reactions: [],
    senderInboxId: 'bob',
    sentAtNs: BigInt(at) * 1_000_000n,
  }) as unknown as DecodedMessage;

/** A client with one conversation, read as it is when the reading begins; `hold` keeps the answers of one reading back. */
function clientWith(id: string) {
  const stored: DecodedMessage[] = [];
  let consent: ConsentState = ConsentState.Unknown;
  let held = Promise.resolve();
  const answer = async <T>(value: T) => {
    await held;
    return value;
  };
  const conversation = {
    id,
    lastMessage: () => answer(stored.at(-1)),
    consentState: () => answer(consent),
    messages: () => answer([...stored]),
  };
  const client = {
    conversations: { getConversationById: async () => conversation, list: async () => [conversation] },
  } as unknown as Client;
  return {
    client,
    store: (each: DecodedMessage) => stored.push(each),
    setConsent(state: ConsentState) {
      consent = state;
    },
    hold() {
      let letOn = () => {};
      held = new Promise((resolve) => {
        letOn = resolve;
      });
      return () => {
        held = Promise.resolve();
        letOn();
      };
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const lineOf = (id: string) => {
  const { preview, unread, consent } = conversations.itemOf(id) ?? {};
  return { preview, unread: unread?.size, consent };
};

describe('the line of a conversation', () => {
  it('counts a message once that was read before the stream told of it', async () => {
    const { client, store } = clientWith('once');
    store(message('once', 1));
    await conversations.refresh(client, 'once');
    conversations.noteMessage(client, message('once', 1), false);
    expect(lineOf('once')).toMatchObject({ preview: 'words 1', unread: 1 });
  });

  it('keeps what the stream told while it was read, and takes the rest of what was read', async () => {
    const { client, store, hold, setConsent } = clientWith('newer');
    store(message('newer', 1));
    await conversations.refresh(client, 'newer');
    setConsent(ConsentState.Allowed);
    const letOn = hold();
    const reading = conversations.refresh(client, 'newer');
    await turn();
    store(message('newer', 2));
    conversations.noteMessage(client, message('newer', 2), false);
    letOn();
    await reading;
    expect(lineOf('newer')).toEqual({ preview: 'words 2', unread: 2, consent: ConsentState.Allowed });
  });

  it('stays accepted when what was read before ends afterwards', async () => {
    const { client, store, hold, setConsent } = clientWith('accepted');
    store(message('accepted', 1));
    const letOn = hold();
    const list = conversations.readList(client);
    await turn();
    setConsent(ConsentState.Allowed);
    const reading = conversations.refresh(client, 'accepted');
    letOn();
    await Promise.all([list, reading]);
    expect(lineOf('accepted').consent).toBe(ConsentState.Allowed);
  });

  it('is of the newest message, whichever comes last', async () => {
    const { client, store } = clientWith('order');
    store(message('order', 5));
    await conversations.refresh(client, 'order');
    conversations.noteMessage(client, message('order', 3), false);
    expect(lineOf('order')).toMatchObject({ preview: 'words 5', unread: 2 });
  });
});
