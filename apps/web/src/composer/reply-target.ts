/** The message that is being answered. */
import { signal } from '@preact/signals';
import type { ShownMessage } from '../thread/present.js';

/** Undefined when none is. */
export const replyTarget = signal<{ readonly conversationId: string; readonly message: ShownMessage } | undefined>();
