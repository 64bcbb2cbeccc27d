/**
 * The messages, of which only those in sight are in the page: ten thousand scroll as smoothly as ten. Stays at the newest while the
 * person is there, and keeps what is being read in its place when earlier ones come in above it.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { myInboxId } from '../state/session.js';
import { loadOlder, reveal, type Thread } from '../state/thread.js';
import { t } from '../strings/index.js';
import { IconButton } from '../ui/button.js';
import { RowView } from './row-view.js';
import { type Row, rowsOf } from './rows.js';

const GUESSED_HEIGHT = 56;
const OVERSCAN = 8;
/** This near to the end counts as being there. */
const NEAR_END = 80;
/** Earlier messages are asked for when the top is this near. */
const NEAR_TOP = 600;

/** The column of an open conversation. */
export function MessageColumn({ open }: { open: Thread }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [isAtEnd, setAtEnd] = useState(true);
  const rows = useMemo(
    () => rowsOf(open.messages, myInboxId.value, open.newFromNs, open.isComplete),
    [open.messages, open.newFromNs, open.isComplete],
  );
  // While one scrolls, or others come in, the rows stay what they are: the same element again is not drawn again.
  const { conversation } = open;
  const viewOf = useMemo(() => {
    const views = new WeakMap<Row, VNode>();
    return (row: Row): VNode => {
      const view = views.get(row) ?? <RowView row={row} conversation={conversation} />;
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
    if (element !== null) element.scrollTop = element.scrollHeight;
  };
  const lastKey = rows.at(-1)?.key;
  const lastIsOurs = open.messages.at(-1)?.sender === myInboxId.value;
  const firstKey = rows.find(({ kind }) => kind === 'message')?.key;
  const before = useRef({ firstKey, height: 0 });

  // What was being read stays where it was when rows come in above it.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const { firstKey: oldFirst, height } = before.current;
    const total = virtualizer.getTotalSize();
    if (oldFirst !== undefined && oldFirst !== firstKey && !isAtEnd) element.scrollTop += total - height;
    before.current = { firstKey, height: total };
  }, [firstKey]);
  // What one has just written is shown, wherever one was; besides, only who is at the end is kept there.
  useLayoutEffect(() => {
    if (lastIsOurs) toEnd();
  }, [lastKey]);
  useLayoutEffect(() => {
    if (isAtEnd) toEnd();
  }, [lastKey, virtualizer.getTotalSize()]);
  useLayoutEffect(() => {
    const { messageId } = reveal.value ?? {};
    const index = rows.findIndex((row) => row.kind === 'message' && row.message.id === messageId);
    if (index === -1) return;
    setAtEnd(false);
    virtualizer.scrollToIndex(index, { align: 'center' });
  }, [reveal.value?.key]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // The column changes its height with the composer and the keyboard of a phone.
    const observer = new ResizeObserver(() => {
      if (isAtEnd) toEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [isAtEnd]);

  const onScroll = () => {
    const element = scroller.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (left < NEAR_END !== isAtEnd) setAtEnd(left < NEAR_END);
    if (element.scrollTop < NEAR_TOP) void loadOlder();
  };
  const items = virtualizer.getVirtualItems();
  return (
    <div class="messages-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="messages scroll" ref={scroller} onScroll={onScroll} role="log" aria-label={t('chats')} tabIndex={0}>
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
      {!isAtEnd && <IconButton icon="down" label={t('jumpToLatest')} class="to-end" onClick={toEnd} />}
    </div>
  );
}
