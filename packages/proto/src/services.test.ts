import { describe, expect, it } from 'vitest';
import { D14nMigrationApi, Health, IdentityApi, MessageApi, MlsApi, ServerReflection } from './index.js';

const EXPECTED = {
  'xmtp.mls.api.v1.MlsApi': {
    SendGroupMessages: 'unary',
    SendWelcomeMessages: 'unary',
    RegisterInstallation: 'unary',
    UploadKeyPackage: 'unary',
    FetchKeyPackages: 'unary',
    RevokeInstallation: 'unary',
    GetIdentityUpdates: 'unary',
    QueryGroupMessages: 'unary',
    QueryWelcomeMessages: 'unary',
    SubscribeGroupMessages: 'server_streaming',
    SubscribeWelcomeMessages: 'server_streaming',
    Subscribe: 'bidi_streaming',
    BatchPublishCommitLog: 'unary',
    BatchQueryCommitLog: 'unary',
    GetNewestGroupMessage: 'unary',
  },
  'xmtp.identity.api.v1.IdentityApi': {
    PublishIdentityUpdate: 'unary',
    GetIdentityUpdates: 'unary',
    GetInboxIds: 'unary',
    VerifySmartContractWalletSignatures: 'unary',
  },
  'xmtp.message_api.v1.MessageApi': {
    Publish: 'unary',
    Subscribe: 'server_streaming',
    Subscribe2: 'bidi_streaming',
    SubscribeAll: 'server_streaming',
    Query: 'unary',
    BatchQuery: 'unary',
  },
  'xmtp.migration.api.v1.D14nMigrationApi': { FetchD14nCutover: 'unary' },
  'grpc.reflection.v1.ServerReflection': { ServerReflectionInfo: 'bidi_streaming' },
  'grpc.health.v1.Health': { Check: 'unary', Watch: 'server_streaming' },
};

describe('services', () => {
  it('have the paths and shapes that clients call', () => {
    const services = [MlsApi, IdentityApi, MessageApi, D14nMigrationApi, ServerReflection, Health];
    const actual = Object.fromEntries(
      services.map((service) => [
        service.typeName,
        Object.fromEntries(service.methods.map((method) => [method.name, method.methodKind])),
      ]),
    );
    expect(actual).toEqual(EXPECTED);
  });
});
