/** A picture for whom there is none: a mark in a colour that belongs to the id, the same on every device. */
import { useState } from 'preact/hooks';
import { settings } from '../state/settings.js';
import { hueOf } from '../text/names.js';

/** Five by five, mirrored: fifteen bits of the id decide the cells. */
function Mark({ id }: { id: string }) {
  const bits = hueOf(`${id}#`) * 360 + hueOf(`#${id}`);
  const cells: string[] = [];
  for (let i = 0; i < 15; i++) {
    if (((bits >> i) & 1) === 0) continue;
    const [x, y] = [Math.floor(i / 5), i % 5];
    cells.push(`M${x} ${y}h1v1h-1z`);
    if (x < 2) cells.push(`M${4 - x} ${y}h1v1h-1z`);
  }
  return (
    <svg viewBox="-1.6 -1.6 8.2 8.2" aria-hidden="true" shape-rendering="crispEdges">
      <path d={cells.join('')} fill="currentColor" />
    </svg>
  );
}

/** A person's or a group's picture. @param imageUrl - shown only where the person allowed pictures from the web */
export function Avatar({
  id,
  imageUrl = '',
  size = 40,
  round = true,
}: {
  id: string;
  imageUrl?: string;
  size?: number;
  round?: boolean;
}) {
  const [broken, setBroken] = useState(false);
  const hue = hueOf(id);
  const shape = round ? 'avatar avatar-round' : 'avatar';
  const showsPicture = settings.value.loadPictures && imageUrl.startsWith('https://') && !broken;
  return (
    <span class={shape} style={{ '--size': `${size}px`, '--hue': hue }}>
      {showsPicture ? (
        <img
          src={imageUrl}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          referrerpolicy="no-referrer"
          onError={() => setBroken(true)}
        />
      ) : (
        <Mark id={id} />
      )}
    </span>
  );
}
