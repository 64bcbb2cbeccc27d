/** An application that has others of our packages beside the SDK: what they share is the same for both. Prints what it found. */
import { Agent, AgentError } from '@conclave/agent';
import { ContentError, ContentRegistry, encodeContent, textCodec } from '@conclave/content';
import { ConclaveError } from '@conclave/crypto';
import * as bindings from '@conclave/node-bindings';
import * as sdk from '@conclave/node-sdk';

const [url] = process.argv.slice(2);

/** A codec of the application, made of the other package's parts. */
const loudCodec = {
  contentType: { authorityId: 'example.org', typeId: 'loud', versionMajor: 1, versionMinor: 0 },
  encode: (text) => ({ ...textCodec.encode(text.toUpperCase()), type: loudCodec.contentType }),
  decode: (content) => {
    if (content.parameters.encoding === 'broken') throw new ContentError('content/malformed', { typeId: 'loud' });
    return textCodec.decode(content);
  },
  fallback: (text) => text,
  shouldPush: () => true,
};
const options = { env: 'local', apiUrl: url, dbPath: null, disableDeviceSync: true, codecs: [loudCodec, textCodec] };
const agent = await Agent.create(sdk.createEOASigner(), options);
const group = await agent.client.conversations.createGroup([]);
await group.send(loudCodec.encode('hello'));
await group.send(textCodec.encode('plain'));
await group.send(sdk.encodeText('also plain'));
const messages = await group.messages();

const failed = async (work) => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
};
const ofSdk = await failed(() => sdk.createBackend({ env: 'nowhere' }));
const ofContent = await failed(() => sdk.encodeActions({ id: 'x', description: 'y', actions: [] }));
const ofBuild = await failed(() => new sdk.Client().inboxId);
const ofAgent = new AgentError('agent/missing-variable', { variable: 'X' });
console.log(
  JSON.stringify({
    contents: messages.map((message) => message.content).filter((content) => typeof content === 'string'),
    registry: new ContentRegistry().decode(sdk.encodeText('read by the other package')).value,
    bytes: encodeContent(sdk.encodeText('x')).length === encodeContent(textCodec.encode('x')).length,
    isGroup: group instanceof sdk.Group && agent.client instanceof sdk.Client,
    bindings: bindings.ConsentState === sdk.ConsentState,
    ofSdk: [
      ofSdk instanceof ConclaveError,
      ofSdk instanceof sdk.ConclaveError,
      ofSdk instanceof sdk.SdkError,
      ofSdk.code,
    ],
    ofContent: [
      ofContent instanceof ConclaveError,
      ofContent instanceof ContentError,
      ofContent instanceof sdk.SdkError,
    ],
    ofBuild: [ofBuild instanceof sdk.ClientNotInitializedError, ofBuild instanceof AgentError],
    ofAgent: [ofAgent instanceof sdk.ConclaveError, ofAgent instanceof ConclaveError],
  }),
);
await agent.client.close();
