import { describe, expect, it } from 'vitest';
import { type ClientEvent, ClientEvents, QUEUED_WHOLE } from './events.js';
import type { StoredMessage } from './store/messages.js';

function changed(groupId: string): ClientEvent<'conversation-changed'> {
  return { type: 'conversation-changed', groupId };
}

describe('ClientEvents', () => {
  it('keeps everything for a slow subscriber, in order, and only what it asked for', async () => {
    const events = new ClientEvents();
    const subscription = events.subscribe(['conversation-changed']);
    for (let i = 0; i < 5000; i++) {
      events.emit(changed(String(i)));
      events.emit({ type: 'inbox-changed', inboxId: 'x', sequenceId: BigInt(i) });
    }
    expect(subscription.pending).toBe(5000);
    const seen: string[] = [];
    for await (const event of subscription) {
      seen.push(event.groupId);
      if (seen.length === 5000) break;
    }
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)));
  });

  it('keeps at most so many contents of messages that nobody reads', async () => {
    const events = new ClientEvents();
    const subscription = events.subscribe(['message']);
    const message = { id: 'ab', content: new Uint8Array(1000) } as unknown as StoredMessage;
    for (let i = 0; i < QUEUED_WHOLE + 2; i++) events.emit({ type: 'message', message });
    let whole = 0;
    for (let i = 0; i < QUEUED_WHOLE + 2; i++) {
      const { value } = await subscription.next();
      if (value?.isSlim) expect(value.message).toEqual({ id: 'ab', content: new Uint8Array() });
      else whole += 1;
    }
    expect(whole).toBe(QUEUED_WHOLE);
  });

  it('serves several waiting readers in the order they asked', async () => {
    const events = new ClientEvents();
    const subscription = events.subscribe(['conversation-changed']);
    const readers = [subscription.next(), subscription.next()];
    events.emit(changed('a'));
    events.emit(changed('b'));
    const results = await Promise.all(readers);
    expect(results.map((result) => (result.done ? 'done' : result.value.groupId))).toEqual(['a', 'b']);
  });

  it('gives every subscriber its own copy of the sequence', async () => {
    const events = new ClientEvents();
    const one = events.subscribe(['conversation-changed']);
    const two = events.subscribe(['conversation-changed', 'inbox-changed']);
    events.emit(changed('a'));
    events.emit({ type: 'inbox-changed', inboxId: 'x', sequenceId: 1n });
    expect([one.pending, two.pending]).toEqual([1, 2]);
  });

  it('ends by close, by the signal and by the end of the client; events afterwards go nowhere', async () => {
    const events = new ClientEvents();
    const controller = new AbortController();
    const closed = events.subscribe(['conversation-changed']);
    const aborted = events.subscribe(['conversation-changed'], controller.signal);
    const ended = events.subscribe(['conversation-changed']);
    const waiting = [closed.next(), aborted.next(), ended.next()];
    closed.close();
    closed.close();
    controller.abort();
    events.close();
    events.emit(changed('late'));
    for (const result of await Promise.all(waiting)) expect(result.done).toBe(true);
    expect(closed.pending).toBe(0);
    const afterAbort = events.subscribe(['conversation-changed'], controller.signal);
    expect((await afterAbort.next()).done).toBe(true);
  });
});
