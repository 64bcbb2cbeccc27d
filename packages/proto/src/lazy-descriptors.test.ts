/** Stand-ins for descriptors: nothing is made before it is asked for, and what is then made is the library's own. */
import * as library from '@bufbuild/protobuf';
import { describe, expect, it, vi } from 'vitest';

const made: string[] = [];
vi.mock('./file-descriptor.js', async (original) => {
  const real = await original<typeof import('./file-descriptor.js')>();
  const fileDescriptor: typeof real.fileDescriptor = (...args) => {
    const file = real.fileDescriptor(...args);
    made.push(file.name);
    return file;
  };
  return { fileDescriptor };
});
const proto = await import('./index.js');
const { real } = await import('./lazy-descriptors.js');

describe('descriptors', () => {
  it('are made with the first message of their file, with those that it stands on, once', () => {
    expect(made).toEqual([]);
    const message = proto.create(proto.MlsCredentialSchema, { inboxId: 'x' });
    expect(proto.fromBinary(proto.MlsCredentialSchema, proto.toBinary(proto.MlsCredentialSchema, message))).toEqual(
      message,
    );
    expect(made).toEqual(['xmtp/identity/credential']);
    proto.create(proto.EncodedContentSchema);
    proto.create(proto.EncodedContentSchema);
    expect(made.filter((name) => name === 'xmtp/mls/message_contents/content')).toHaveLength(1);
  });

  it('have every property that the real ones have', () => {
    const standIns = [
      proto.MlsCredentialSchema,
      proto.MlsApi,
      proto.HealthCheckResponse_ServingStatusSchema,
      proto.MlsCredentialSchema.file,
    ];
    for (const standIn of standIns) {
      const desc = real<object>(standIn);
      const keys = new Set([...Object.keys(desc), ...Object.getOwnPropertyNames(desc)]);
      expect(keys.size).toBeGreaterThan(5);
      for (const key of keys) expect([key, Reflect.get(standIn, key)]).toEqual([key, Reflect.get(desc, key)]);
      expect(String(standIn)).toBe(String(desc));
    }
  });

  it('may be given to the library itself', () => {
    const init = { typeId: 'text', authorityId: 'xmtp.org', versionMajor: 1 };
    const ours = proto.create(proto.ContentTypeIdSchema, init);
    expect(library.create(proto.ContentTypeIdSchema, init)).toEqual(ours);
    expect(library.toBinary(proto.ContentTypeIdSchema, ours)).toEqual(proto.toBinary(proto.ContentTypeIdSchema, ours));
    expect(library.isMessage(ours, proto.ContentTypeIdSchema)).toBe(true);
    expect(proto.MlsApi.method.sendGroupMessages.input).toBe(real(proto.SendGroupMessagesRequestSchema));
  });
});
