/**
 * Who is meant in a text. There is no content type for it; what bots and apps on the network write is an `@` and an account's address, so
 * that is what is sent. Somebody without an address is meant by inbox id.
 */

/** A piece of a text: as it is, or the address or inbox id of who is meant. */
export type Part = string | { readonly mention: string };

const MENTION = /(?<![\w@])@(0x[0-9a-f]{40}|[0-9a-f]{64})(?!\w)/gi;
const LONGEST_QUERY = 40;

/** A text in pieces. Addresses come in lower case. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(MENTION)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push({ mention: (match[1] as string).toLowerCase() });
    at = match.index + match[0].length;
  }
  if (at < text.length || parts.length === 0) parts.push(text.slice(at));
  return parts;
}

/** Whether one of these addresses or inbox ids is meant. */
export function mentionsAny(text: string, ids: readonly string[]): boolean {
  return partsOf(text).some((part) => typeof part !== 'string' && ids.includes(part.mention));
}

/** The text with names in place of addresses, for where there is room for text alone. */
export function withNames(text: string, nameOf: (id: string) => string): string {
  return partsOf(text)
    .map((part) => (typeof part === 'string' ? part : `@${nameOf(part.mention)}`))
    .join('');
}

/** The mention that is being written before the caret: where its `@` stands and what follows it; undefined when none is. */
export function mentionAt(text: string, caret: number): { readonly from: number; readonly query: string } | undefined {
  const before = text.slice(0, caret);
  const from = before.lastIndexOf('@');
  const query = before.slice(from + 1);
  const isBegun = from !== -1 && (from === 0 || /\s|[([{"']/.test(before[from - 1] as string));
  return isBegun && query.length <= LONGEST_QUERY && !/[\s@]/.test(query) ? { from, query } : undefined;
}

/** What was written, with the addresses of those whose names were chosen. @param chosen - address or inbox id by name */
export function withAddresses(text: string, chosen: ReadonlyMap<string, string>): string {
  // The longest first: a name may begin with another.
  const names = [...chosen.keys()].sort((a, b) => b.length - a.length);
  return names.reduce((done, name) => done.replaceAll(`@${name}`, `@${chosen.get(name)}`), text);
}
