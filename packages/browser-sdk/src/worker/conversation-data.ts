/** A conversation as values: what the page's `Group` and `Dm` answer from without asking the worker. */
import { type Conversation, ConversationType, Group, type GroupMetadata, type GroupPermissions } from '@conclave/sdk';

/** `SafeConversation` of the original SDK. What only groups have is empty in a DM. */
export interface ConversationData {
  id: string;
  name: string;
  imageUrl: string;
  description: string;
  appData: string;
  permissions: GroupPermissions;
  addedByInboxId: string;
  metadata: GroupMetadata;
  admins: string[];
  superAdmins: string[];
  createdAtNs: bigint;
}

/** The values now. */
export function conversationData(conversation: Conversation): ConversationData {
  const { id, addedByInboxId, createdAtNs } = conversation;
  const metadata = conversation.metadataNow();
  const common = { id, addedByInboxId, createdAtNs, metadata, permissions: conversation.permissionsNow() };
  if (!(conversation instanceof Group) || metadata.conversationType !== ConversationType.Group) {
    return { ...common, name: '', imageUrl: '', description: '', appData: '', admins: [], superAdmins: [] };
  }
  const { name, imageUrl, description, appData } = conversation;
  return {
    ...common,
    name,
    imageUrl,
    description,
    appData,
    admins: conversation.listAdmins(),
    superAdmins: conversation.listSuperAdmins(),
  };
}
