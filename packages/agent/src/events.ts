/** What an agent can listen to: one event for each kind of content, named as in `@xmtp/agent-sdk`. */
import {
  type Actions,
  type Attachment,
  type DecodedMessage,
  type Dm,
  type EditMessage,
  type EnrichedReply,
  type Group,
  type GroupUpdated,
  type Intent,
  isActions,
  isAttachment,
  isEditMessage,
  isGroupUpdated,
  isIntent,
  isLeaveRequest,
  isMarkdown,
  isMultiRemoteAttachment,
  isReaction,
  isReadReceipt,
  isRemoteAttachment,
  isReply,
  isText,
  isTransactionReference,
  isWalletSendCalls,
  type LeaveRequest,
  type MultiRemoteAttachment,
  type Reaction,
  type ReadReceipt,
  type RemoteAttachment,
  type TransactionReference,
  type WalletSendCalls,
} from '@conclave/node-sdk';
import type { MessageContext } from './message-context.js';

/** Contents by event. */
export interface MessageEvents {
  text: string;
  markdown: string;
  reply: EnrichedReply;
  reaction: Reaction;
  'read-receipt': ReadReceipt;
  /** A file elsewhere. */
  attachment: RemoteAttachment;
  /** A file in the message. */
  'inline-attachment': Attachment;
  'multi-attachment': MultiRemoteAttachment;
  actions: Actions;
  intent: Intent;
  'group-update': GroupUpdated;
  'leave-request': LeaveRequest;
  /** An earlier message says something else now. Not in the original. */
  edit: EditMessage;
  'transaction-reference': TransactionReference;
  'wallet-send-calls': WalletSendCalls;
}

/** Everything that happens, with what a listener gets. */
export type AgentEvents = {
  [Name in keyof MessageEvents]: MessageContext<MessageEvents[Name]>;
} & {
  /** Any message with a content that was understood. */
  message: MessageContext;
  /** A content type that nothing here reads; `message.fallback` may say what it is. */
  unknownMessage: MessageContext;
  /** A conversation that the agent was added to, or made. */
  conversation: Group | Dm;
  group: Group;
  dm: Dm;
  start: undefined;
  stop: undefined;
  /** What a listener or a middleware threw, and failures of the streams. */
  unhandledError: unknown;
};

const GUARDS: readonly (readonly [keyof MessageEvents, (message: DecodedMessage) => boolean])[] = [
  ['text', isText],
  ['markdown', isMarkdown],
  ['reply', isReply],
  ['reaction', isReaction],
  ['read-receipt', isReadReceipt],
  ['attachment', isRemoteAttachment],
  ['inline-attachment', isAttachment],
  ['multi-attachment', isMultiRemoteAttachment],
  ['actions', isActions],
  ['intent', isIntent],
  ['group-update', isGroupUpdated],
  ['leave-request', isLeaveRequest],
  ['edit', isEditMessage],
  ['transaction-reference', isTransactionReference],
  ['wallet-send-calls', isWalletSendCalls],
];

/** The event of a message's content; undefined for one that is not built in. */
export function eventOf(message: DecodedMessage): keyof MessageEvents | undefined {
  return GUARDS.find(([, guard]) => guard(message))?.[0];
}
