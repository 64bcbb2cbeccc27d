/** Plain text of others: as it was written, with web addresses that can be followed. */
import { OutwardLink } from './markdown.js';

const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;
const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s?){1,6}$/u;

/** True for a message of one to six emoji and nothing else; it is shown large. */
export function isOnlyEmoji(text: string): boolean {
  return text.length <= 64 && ONLY_EMOJI.test(text.trim());
}

/** Text with its links. */
export function PlainText({ text }: { text: string }) {
  const parts: (string | { href: string })[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(at, match.index), { href: match[0] });
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return (
    <span class="plain">
      {parts.map((part) => (typeof part === 'string' ? part : <OutwardLink href={part.href}>{part.href}</OutwardLink>))}
    </span>
  );
}
