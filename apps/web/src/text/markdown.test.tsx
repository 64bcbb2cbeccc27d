import { h, type VNode } from 'preact';
import { describe, expect, it } from 'vitest';
import { Markdown, safeHref } from './markdown.js';

/** The elements in ‹ and ›, their texts as they are, with links' addresses: what a browser would be given. */
function outline(node: unknown): string {
  if (node === null || node === undefined || typeof node === 'boolean') return '';
  if (Array.isArray(node)) return node.map(outline).join('');
  if (typeof node !== 'object') return String(node);
  const { type, props } = node as VNode<{ children?: unknown; href?: string }>;
  if (typeof type === 'function') return outline((type as (given: unknown) => unknown)(props));
  const inner = outline(props.children);
  if (type === undefined || typeof type !== 'string') return inner;
  return `‹${type}${props.href === undefined ? '' : ` ${props.href}`}›${inner}‹/${type}›`;
}

/** The elements of one kind, however deep. */
function elements(node: unknown, wanted: string): VNode<Record<string, unknown>>[] {
  if (node === null || typeof node !== 'object') return [];
  if (Array.isArray(node)) return node.flatMap((each) => elements(each, wanted));
  const { type, props } = node as VNode<{ children?: unknown }>;
  if (typeof type === 'function') return elements((type as (given: unknown) => unknown)(props), wanted);
  const inner = elements(props.children, wanted);
  return type === wanted ? [node as VNode<Record<string, unknown>>, ...inner] : inner;
}

const shown = (text: string) => outline(h(Markdown, { text, mention: (id) => h('b', null, id.slice(0, 4)) }));

describe('Markdown of others', () => {
  it('becomes the elements it asks for', () => {
    expect(shown('**b** _i_ ~~d~~ `c`')).toContain('‹p›‹strong›b‹/strong› ‹em›i‹/em› ‹del›d‹/del› ‹code›c‹/code›‹/p›');
    expect(shown(`**hey @0x${'ab'.repeat(20)}**`)).toContain('‹strong›hey ‹b›0xab‹/b›‹/strong›');
    expect(shown('- one\n- two')).toContain('‹ul›‹li›');
    expect(shown('```\nx < y\n```')).toContain('‹pre›‹code›x < y‹/code›‹/pre›');
  });

  it.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="https://example.org">',
    '<svg onload=alert(1)>',
  ])('shows HTML as the text it is: %s', (text) => {
    const elements = [...shown(text).matchAll(/‹(\w+)/g)].map(([, name]) => name);
    expect(new Set(elements)).toEqual(new Set(['div', 'p']));
    expect(shown(text)).toContain(text);
  });

  it.each(['[x](javascript:alert(1))', '[x](data:text/html,y)', '[x](vbscript:y)', '[x](JaVaScRiPt:y)'])(
    'makes no link of %s',
    (text) => {
      expect(shown(text)).not.toContain('‹a');
    },
  );

  it.each([
    '[x](https://example.org)',
    '<https://example.org>',
    'see https://example.org',
    '![x](https://example.org)',
  ])('opens a link apart, and tells its page nothing of where it was: %s', (text) => {
    const links = elements(h(Markdown, { text, mention: (id) => h('b', null, id) }), 'a');
    expect(links).toHaveLength(1);
    expect(links[0]?.props).toMatchObject({ target: '_blank', href: 'https://example.org' });
    expect(String(links[0]?.props.rel).split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']));
  });

  it('fetches no picture', () => {
    expect(shown('![cat](https://example.org/cat.png)')).toContain('‹a https://example.org/cat.png›cat‹/a›');
  });

  it.each(['['.repeat(5000), '>'.repeat(5000), '*'.repeat(5000), '- '.repeat(2000), `${'a*b_'.repeat(3000)}`])(
    'is done with in bounded time, whatever it is',
    (text) => {
      expect(shown(text).length).toBeGreaterThan(0);
    },
  );
});

it('only the web and mail are linked to', () => {
  expect(safeHref(' https://example.org ')).toBe('https://example.org');
  expect(safeHref('mailto:a@example.org')).toBe('mailto:a@example.org');
  expect(safeHref('//example.org')).toBeUndefined();
  expect(safeHref('javascript:alert(1)')).toBeUndefined();
});
