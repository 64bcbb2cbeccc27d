/** What happened in a simulation, as an observer outside of all devices sees it: the measure that the devices are held to. */
import type { BasePolicy } from '@conclave/client';
import type { Device } from '../device.js';

/** A conversation as it was made. */
export interface MadeConversation {
  readonly id: string;
  readonly kind: 'group' | 'dm';
  readonly creatorInboxId: string;
  /** Of a group. */
  readonly preset: 'all-members' | 'admin-only';
  readonly name: string;
  /** Policies that somebody tried to set since, by what they rule. */
  readonly policies: Map<string, BasePolicy[]>;
}

/** Something that was said. */
export interface Utterance {
  readonly messageId: string;
  readonly groupId: string;
  readonly device: Device;
}

/** The record of one simulation. */
export class Journal {
  readonly conversations = new Map<string, MadeConversation>();
  readonly utterances: Utterance[] = [];
  /** Epoch authenticators seen, by group and epoch, with the device that showed it first. */
  readonly epochs = new Map<string, { readonly authenticator: string; readonly seenBy: string }>();
  /** How often each kind of thing was done. */
  readonly counts = new Map<string, number>();
  /** Times when the clock ran on and nobody did anything. */
  silences = 0;
  /** Nobody begins anything. */
  isSilent = false;
  /** Actions under way. */
  busy = 0;
  #words = 0;

  /** Words that were not said before. */
  nextWords(): string {
    return `words ${++this.#words}`;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
