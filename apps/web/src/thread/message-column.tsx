/**
 * The messages, of which only those in sight are in the page and only some screens around them in its memory: ten thousand scroll as smoothly
 * as ten. Stays at the newest while the person is there, and keeps what is being read in its place when others come in above it or go.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { myInboxId } from '../state/session.js';
import { isAtEnd, loadNewer, loadOlder, reveal, showLatest, type Thread } from '../state/thread.js';
import { t } from '../strings/index.js';
import { IconButton } from '../ui/button.js';
import { viewOfRow } from './row-view.js';
import { type Row, rowsOf } from './rows.js';

const GUESSED_HEIGHT = 56;
const OVERSCAN = 8;
/** This near to the end counts as being there. */
const NEAR_END = 80;
/** Further messages are asked for when the edge of what is there is this near. */
const NEAR_EDGE = 1500;

/** The column of an open conversation. */
export function MessageColumn({ open }: { open: Thread }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const rows = useMemo(
    () => rowsOf(open.messages, myInboxId.value, open.newFromNs, !open.hasOlder),
    [open.messages, open.newFromNs, open.hasOlder],
  );
  // While one scrolls, or others come in, the rows stay what they are: the same element again is not drawn again.
  const { conversation } = open;
  const viewOf = useMemo(() => {
    const views = new WeakMap<Row, VNode>();
    return (row: Row): VNode => {
      const view = views.get(row) ?? viewOfRow(row, conversation);
      views.set(row, view);
      return view;
    };
  }, [conversation]);
  const options = {
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => GUESSED_HEIGHT,
    getItemKey: (index: number) => rows[index]?.key ?? index,
    overscan: OVERSCAN,
    paddingEnd: 12,
    // What is being read stays where it was when rows come in above it, or are let go of there.
    anchorTo: 'end' as const,
    scrollEndThreshold: NEAR_END,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(undefined as never),
  };
  const virtualizer = useMemo(() => new Virtualizer<HTMLDivElement, HTMLDivElement>(options), []);
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());

  const toEnd = () => {
    const element = scroller.current;
    if (element === null) return;
    // A way to a message that is still being measured out would lead back there.
    virtualizer.cancelScroll();
    element.scrollTop = element.scrollHeight;
  };
  const lastKey = rows.at(-1)?.key;
  const lastIsOurs = open.messages.at(-1)?.sender === myInboxId.value;
  const follows = () => isAtEnd.peek() && !open.hasNewer;

  // What one has just written is shown, wherever one was; besides, only who is at the end is kept there. Going on to the end by pages is no news.
  const endWasHere = useRef(false);
  useLayoutEffect(() => {
    if (lastIsOurs && !open.hasNewer && endWasHere.current) toEnd();
    endWasHere.current = !open.hasNewer;
  }, [lastKey, open.hasNewer]);
  // Who has more to read than fits begins where reading ended.
  useLayoutEffect(() => {
    const index = rows.findIndex(({ kind }) => kind === 'new');
    const height = scroller.current?.clientHeight ?? 0;
    if (index === -1 || (rows.length - index) * GUESSED_HEIGHT < height) return;
    isAtEnd.value = false;
    virtualizer.scrollToIndex(index, { align: 'start' });
  }, []);
  useLayoutEffect(() => {
    if (follows()) toEnd();
  }, [lastKey, virtualizer.getTotalSize()]);
  useLayoutEffect(() => {
    if (reveal.value === undefined) return;
    const { messageId } = reveal.value;
    if (messageId === undefined) {
      isAtEnd.value = true;
      toEnd();
      return;
    }
    const index = rows.findIndex((row) => row.kind === 'message' && row.message.id === messageId);
    if (index === -1) return;
    isAtEnd.value = false;
    virtualizer.scrollToIndex(index, { align: 'center' });
  }, [reveal.value?.key]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // The column changes its height with the composer and the keyboard of a phone.
    const observer = new ResizeObserver(() => {
      if (follows()) toEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [open.hasNewer]);

  const lookAround = () => {
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const left = scrollHeight - scrollTop - clientHeight;
    isAtEnd.value = left < NEAR_END && !open.hasNewer;
    if (scrollTop < NEAR_EDGE && open.hasOlder) void loadOlder();
    else if (left < NEAR_EDGE) void loadNewer();
  };
  // One page may not be enough, and what does not fill the column cannot be scrolled.
  useEffect(lookAround, [rows]);
  const items = virtualizer.getVirtualItems();
  return (
    <div class="messages-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="messages scroll" ref={scroller} onScroll={lookAround} role="log" aria-label={t('chats')} tabIndex={0}>
        <div class="messages-inside" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {items.map(({ index, key, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={key as string}
                data-index={index}
                ref={virtualizer.measureElement}
                class="row"
                style={{ transform: `translateY(${start}px)` }}
              >
                {viewOf(row)}
              </div>
            );
          })}
        </div>
      </div>
      {!isAtEnd.value && (
        <IconButton icon="down" label={t('jumpToLatest')} class="to-end" onClick={() => attempt(showLatest)} />
      )}
    </div>
  );
}
