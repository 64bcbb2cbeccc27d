/** Text with those who are meant in it. */
import type { ComponentChildren } from 'preact';
import { partsOf } from './mentions.js';

/** How somebody who is meant is shown, by address or inbox id. */
export type MentionView = (id: string) => ComponentChildren;

/** The text, each mention through the view. */
export function mentioned(text: string, view: MentionView): ComponentChildren {
  return partsOf(text).map((part) => (typeof part === 'string' ? part : view(part.mention)));
}
