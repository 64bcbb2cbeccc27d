/**
 * Files: fetched and decrypted when the person asks, pictures of a modest size as they come into sight. Bytes of others are only ever
 * shown as a picture that the browser can decode, or saved; never as a page.
 */
import { decryptAttachment } from '@conclave/browser-sdk';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { nodeUrl } from '../state/session.js';
import { t } from '../strings/index.js';
import { byteSize, plainLine } from '../text/names.js';
import { Icon } from '../ui/icon.js';
import { fetchBytes } from './fetch-bytes.js';
import { pictureSize, type Size } from './picture-size.js';
import type { FileReference } from './present.js';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const PICTURE_NAME = /\.(png|jpe?g|gif|webp|avif)$/i;
const MAX_PREVIEW_BYTES = 8 * 1024 * 1024;
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** More pixels than this are not decoded: a small file can hold an enormous picture. */
const MAX_PIXELS = 40_000_000;
/** What a picture takes of the column, in CSS pixels. */
const MAX_WIDTH = 384;
const MAX_HEIGHT = 320;

interface Opened {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** Saves bytes under a name. */
function save({ name, bytes }: Opened): void {
  // Never the sender's type: the browser must not open it as a page.
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = plainLine(name.replace(/[/\\:*?"<>|]/g, '_'), 120) || t('aFile');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The size of a picture that is safe to decode: of a known kind, no larger than the browser can bear. Undefined for everything else. */
function showableSize({ mimeType, bytes }: Opened): Size | undefined {
  const size = PICTURES.has(mimeType) ? pictureSize(bytes) : undefined;
  return size !== undefined && size[0] * size[1] <= MAX_PIXELS ? size : undefined;
}

/** A picture of bytes, in its place before it is decoded. @param onBroken - told when the browser cannot decode them */
function Picture({ opened, size, onBroken }: { opened: Opened; size: Size; onBroken: () => void }) {
  const [width, height] = size;
  const shownWidth = Math.round(Math.min(width, MAX_WIDTH, (MAX_HEIGHT * width) / height));
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([opened.bytes as Uint8Array<ArrayBuffer>], { type: opened.mimeType }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [opened]);
  return (
    <button
      type="button"
      class="picture"
      style={{ width: `${shownWidth}px`, aspectRatio: `${width} / ${height}` }}
      aria-label={t('openFile', { name: plainLine(opened.name, 100) || t('aFile') })}
      onClick={() => save(opened)}
    >
      {url !== undefined && <img src={url} alt={plainLine(opened.name, 100)} onError={onBroken} />}
    </button>
  );
}

function FileLine({
  name,
  note,
  onOpen,
  progress,
}: {
  name: string;
  note: string;
  onOpen: () => void;
  progress?: number | undefined;
}) {
  return (
    <button type="button" class="file" onClick={onOpen} disabled={progress !== undefined}>
      <Icon name="file" size={26} />
      <span class="file-name one-line">{plainLine(name, 120) || t('aFile')}</span>
      <span class="file-note">
        {progress === undefined ? note : t('downloading', { percent: Math.round(progress * 100) })}
      </span>
      {progress !== undefined && <progress class="file-progress" value={progress} />}
    </button>
  );
}

/** A file that came within the message. */
export function InlineFileView({ name, mimeType, content }: { name: string; mimeType: string; content: Uint8Array }) {
  const [isBroken, setBroken] = useState(false);
  const opened = useMemo(() => ({ name, mimeType, bytes: content }), [content]);
  const size = useMemo(() => showableSize(opened), [opened]);
  if (size !== undefined && !isBroken) return <Picture opened={opened} size={size} onBroken={() => setBroken(true)} />;
  return <FileLine name={name} note={byteSize(content.length)} onOpen={() => save(opened)} />;
}

/** A file that lies encrypted on a server. */
export function FileView({ file }: { file: FileReference }) {
  const [opened, setOpened] = useState<Opened>();
  const [progress, setProgress] = useState<number>();
  const [isBroken, setBroken] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  // By itself the page fetches from its own node alone: another server would learn who reads, and when.
  const isOurs = file.remote.url.startsWith(`${nodeUrl()}/`);
  const looksLikePicture =
    isOurs && PICTURE_NAME.test(file.name) && (file.size ?? Number.POSITIVE_INFINITY) <= MAX_PREVIEW_BYTES;

  const open = async (limit: number) => {
    setProgress(0);
    try {
      const payload = await fetchBytes(file.remote.url, Math.min(limit, file.size ?? limit), setProgress);
      const { filename, mimeType, content } = await decryptAttachment(payload, file.remote);
      const result = { name: filename ?? file.name, mimeType, bytes: content };
      setOpened(result);
      return result;
    } finally {
      setProgress(undefined);
    }
  };
  useEffect(() => {
    const element = root.current;
    if (!looksLikePicture || element === null) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      observer.disconnect();
      // A picture that cannot be had stays a line that can be clicked.
      open(MAX_PREVIEW_BYTES).catch(() => undefined);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [file.remote.url]);

  const size = useMemo(() => (opened === undefined ? undefined : showableSize(opened)), [opened]);
  return (
    <div ref={root} class="file-frame" data-picture={looksLikePicture || undefined}>
      {opened !== undefined && size !== undefined && !isBroken ? (
        <Picture opened={opened} size={size} onBroken={() => setBroken(true)} />
      ) : (
        <FileLine
          name={file.name}
          note={file.size === undefined ? t('download') : byteSize(file.size)}
          progress={progress}
          onOpen={() => attempt(async () => save(opened ?? (await open(MAX_FILE_BYTES))))}
        />
      )}
    </div>
  );
}
