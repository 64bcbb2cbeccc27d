/** What page and worker say to each other. Everything survives `structuredClone`. */
import type { ConsentState, ConversationType } from '@conclave/sdk';
import type { WireError } from './wire-error.js';

/** The object that a call is made on. */
export type Target =
  | { readonly on: 'client' | 'conversations' | 'preferences' | 'statistics' | 'directory' | 'content' }
  | { readonly on: 'conversation'; readonly id: string };

/** What a stream brings. */
export type StreamSubject =
  | {
      readonly of: 'messages';
      readonly conversationId?: string | undefined;
      readonly conversationType?: ConversationType | undefined;
      readonly consentStates?: ConsentState[] | undefined;
    }
  | { readonly of: 'conversations'; readonly conversationType?: ConversationType | undefined }
  | { readonly of: 'deletions' | 'edits' | 'typing' | 'consent' | 'preferences' | 'changes' };

/** From the page. */
export type PageMessage =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly target: Target;
      readonly method: string;
      readonly args: readonly unknown[];
      /** The call's last argument is a function that tells how far it is: the page wants to hear it. */
      readonly reports?: true;
    }
  | {
      readonly kind: 'open-stream';
      readonly id: number;
      readonly subject: StreamSubject;
      /** After another tab took over: what was stored since then comes first, nanoseconds. */
      readonly sinceNs?: bigint;
    }
  | { readonly kind: 'close-stream'; readonly id: number };

/** What happens on a stream. `atNs` is when the worker stored the value. */
export type StreamEvent =
  | { readonly type: 'value'; readonly value: unknown; readonly atNs?: bigint }
  | { readonly type: 'open'; readonly atNs: bigint }
  | { readonly type: 'lost' | 'ended'; readonly error?: WireError };

/** From the worker. */
export type WorkerMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'stream'; readonly id: number; readonly event: StreamEvent };

/** Carries messages one way and the other: a worker, or a channel between tabs. */
export interface Channel<Out, In> {
  post(message: Out): void;
  /** Replaces the listener. */
  listen(listener: (message: In) => void): void;
  close(): void;
}
