/** Plain text of others: as it was written, with web addresses that can be followed and the names of those who are meant. */
import type { ComponentChildren } from 'preact';
import { OutwardLink } from './markdown.js';
import { type MentionView, mentioned } from './mentioned.js';

const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;
const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s?){1,6}$/u;

/** True for a message of one to six emoji and nothing else; it is shown large. */
export function isOnlyEmoji(text: string): boolean {
  return text.length <= 64 && ONLY_EMOJI.test(text.trim());
}

/** Text with its links. */
export function plainText(text: string, mention: MentionView) {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(mentioned(text.slice(at, match.index), mention), <OutwardLink href={match[0]}>{match[0]}</OutwardLink>);
    at = match.index + match[0].length;
  }
  parts.push(mentioned(text.slice(at), mention));
  return <span class="plain">{parts}</span>;
}
