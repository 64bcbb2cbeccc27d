/** An application in strict TypeScript that checks its libraries' declarations too. */
import { Agent, type MessageContext } from '@conclave/agent';
import { type ContentCodec as OtherCodec, textCodec } from '@conclave/content';
import {
  Client,
  type ClientOptions,
  ConsentState,
  type ContentCodec,
  createEOASigner,
  type DecodedMessage,
  Group,
  isText,
  SdkError,
  type Signer,
} from '@conclave/node-sdk';

const signer: Signer = createEOASigner();
const codec: ContentCodec<string> = textCodec;
const other: OtherCodec<string> = codec;
const options: ClientOptions = { env: 'local', dbPath: null, codecs: [codec, other] };

export async function talk(): Promise<string> {
  const client: Client = await Client.create(signer, options);
  const group = await client.conversations.createGroup([], { groupName: 'Garden' });
  if (!(group instanceof Group)) throw new SdkError('sdk/bad-option');
  group.updateConsentState(ConsentState.Allowed);
  const id: string = await group.send(codec.encode('hello'));
  const messages: DecodedMessage[] = await group.messages();
  const [first] = messages;
  const stream = await group.stream();
  for await (const message of stream) if (isText(message)) return `${id} ${message.content} ${first?.sentAtNs}`;
  const agent: Agent = new Agent(client);
  agent.on('text', (context: MessageContext<string>) => context.reply('yes'));
  // @ts-expect-error: declarations that say nothing would take this
  const wrong: number = group.name;
  return String(wrong);
}
