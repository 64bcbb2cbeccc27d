import { create, GroupMessageInputSchema, SendGroupMessagesRequestSchema, toBinary } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../rpc.js';
import { decodeSendRequest } from './decode-send-request.js';

const message = fc.record({
  data: fc.uint8Array({ maxLength: 300 }),
  senderHmac: fc.uint8Array({ maxLength: 40 }),
  shouldPush: fc.boolean(),
});
const encoded = fc.array(fc.option(message, { nil: undefined }), { maxLength: 4 }).map((values) =>
  toBinary(
    SendGroupMessagesRequestSchema,
    create(SendGroupMessagesRequestSchema, {
      messages: values.map((value) =>
        create(GroupMessageInputSchema, value === undefined ? {} : { version: { case: 'v1', value } }),
      ),
    }),
  ),
);

/** What the generated decoder makes of it; its error code where it refuses. */
function generated(request: Uint8Array) {
  return outcome(() =>
    decodeRequest(SendGroupMessagesRequestSchema, request).messages.map(({ version }) =>
      version.case === 'v1' ? version.value : undefined,
    ),
  );
}

function outcome(
  read: () => readonly ({ data: Uint8Array; senderHmac: Uint8Array; shouldPush: boolean } | undefined)[],
) {
  try {
    return read().map((one) => one && [Array.from(one.data), Array.from(one.senderHmac), one.shouldPush]);
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('a SendGroupMessagesRequest is decoded as the generated decoder does it', () => {
  it('when it is what an encoder writes', () => {
    fc.assert(
      fc.property(encoded, (request) => {
        expect(outcome(() => decodeSendRequest(request))).toEqual(generated(request));
      }),
    );
  });

  it('when bytes of it are changed, left out or added', () => {
    const change = fc.record({
      at: fc.nat(),
      remove: fc.integer({ min: 0, max: 3 }),
      insert: fc.array(
        fc.oneof(fc.constantFrom(0x00, 0x01, 0x02, 0x08, 0x0a, 0x12, 0x18, 0x80), fc.integer({ min: 0, max: 255 })),
        {
          maxLength: 3,
        },
      ),
    });
    fc.assert(
      fc.property(encoded, fc.array(change, { minLength: 1, maxLength: 3 }), (request, changes) => {
        const bytes = Array.from(request);
        for (const { at, remove, insert } of changes) bytes.splice(at % (bytes.length + 1), remove, ...insert);
        const changed = Uint8Array.from(bytes);
        expect(outcome(() => decodeSendRequest(changed))).toEqual(generated(changed));
      }),
      { numRuns: 2000 },
    );
  });

  it('when it is cut off anywhere', () => {
    const value = { data: new Uint8Array(200).fill(7), senderHmac: new Uint8Array(32).fill(9), shouldPush: true };
    const request = toBinary(
      SendGroupMessagesRequestSchema,
      create(SendGroupMessagesRequestSchema, {
        messages: [create(GroupMessageInputSchema, { version: { case: 'v1', value } })],
      }),
    );
    for (let length = 0; length <= request.length; length++) {
      const cut = request.subarray(0, length);
      expect(outcome(() => decodeSendRequest(cut))).toEqual(generated(cut));
    }
  });

  it('in views of the request', () => {
    const value = { data: new Uint8Array(20).fill(7), senderHmac: new Uint8Array(0), shouldPush: false };
    const request = toBinary(
      SendGroupMessagesRequestSchema,
      create(SendGroupMessagesRequestSchema, {
        messages: [create(GroupMessageInputSchema, { version: { case: 'v1', value } })],
      }),
    );
    const data = decodeSendRequest(request)[0]?.data;
    expect(data?.buffer).toBe(request.buffer);
    expect(data).toEqual(value.data);
  });
});
