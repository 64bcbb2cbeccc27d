/** How people and sizes are written. */

/** 0x1234…abcd; an inbox id as its first eight characters. */
export function shortAddress(text: string): string {
  return text.startsWith('0x') ? `${text.slice(0, 6)}…${text.slice(-4)}` : `${text.slice(0, 8)}…`;
}

/**
 * Text of others for one line: control characters and the marks that turn the direction of writing are taken out, so that a name can
 * neither hide itself nor rearrange what stands around it.
 */
export function plainLine(text: string, maxLength = 200): string {
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line.slice(0, maxLength * 2)];
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : characters.join('');
}

/** 12 kB, 3.4 MB: decimal units. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A hue of 0–359 that belongs to an id: the same on every device. */
export function hueOf(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return (hash >>> 0) % 360;
}
