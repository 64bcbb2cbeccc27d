/** A text as a code to scan: dark on light in either theme, as cameras want it. */
import { useReading } from '../ui/use-reading.js';

/** Modules of empty space around it (ISO/IEC 18004 section 6.3.8). */
const QUIET = 4;

/** Draws it, once what makes it is loaded. @param label - what it says to those who do not see it */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { value: modules } = useReading(async () => {
    const { encodeQR } = await import('qr');
    return encodeQR(text, 'raw', { border: QUIET, ecc: 'medium' });
  }, [text]);
  const rows = modules.value ?? [];
  const size = rows.length;
  const dark = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')));
  return (
    <svg class="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={`M0 0h${size}v${size}h-${size}z`} fill="#fff" />
      <path d={dark.join('')} fill="#000" />
    </svg>
  );
}
