/**
 * Colours, decided for each stream by itself: a piped stdout stays plain while stderr is still a terminal. The rule of
 * no-color.org: NO_COLOR switches them off; FORCE_COLOR switches them on where nothing else speaks.
 */
import pico from 'picocolors';

/** True when colours may be written to this stream. */
export function wantsColors(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** For what goes to stdout. */
export const colors = pico.createColors(wantsColors(process.stdout, process.env));

/** For what goes to stderr. */
export const errorColors = pico.createColors(wantsColors(process.stderr, process.env));
