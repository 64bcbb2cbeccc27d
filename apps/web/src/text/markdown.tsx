/**
 * Markdown of others, as elements and never as HTML: the lexer's tokens are turned into a short list of known elements, so that there
 * is no markup to sanitise. What is not on the list is shown as the text it is.
 */
import { Lexer, type Token, type Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { type MentionView, mentioned } from './mentioned.js';

/** More tokens than any message needs; the rest is left out. */
const MAX_TOKENS = 4000;
const MAX_DEPTH = 20;
const SAFE_LINK = /^(https?:|mailto:)/i;

/** An address that a link may lead to; undefined for scripts, data and whatever else. */
export function safeHref(href: string): string | undefined {
  return SAFE_LINK.test(href.trim()) ? href.trim() : undefined;
}

/** A link out of the page: opens apart, tells the other side nothing. */
export function OutwardLink({ href, children }: { href: string; children: ComponentChildren }) {
  const safe = safeHref(href);
  if (safe === undefined) return <>{children}</>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** What goes through one message: how much of it is left to show, and how those who are meant are shown. */
class Pass {
  left = MAX_TOKENS;
  readonly mention: MentionView;

  constructor(mention: MentionView) {
    this.mention = mention;
  }
}

function inlineAll(
  tokens: readonly Token[] | undefined,
  fallback: string,
  pass: Pass,
  depth: number,
): ComponentChildren {
  if (tokens === undefined || depth > MAX_DEPTH) return fallback;
  return tokens.map((token) => inline(token, pass, depth));
}

function inline(token: Token, pass: Pass, depth: number): ComponentChildren {
  if (--pass.left < 0) return null;
  const inner = () => inlineAll((token as Tokens.Strong).tokens, token.raw, pass, depth + 1);
  switch (token.type) {
    case 'strong':
      return <strong>{inner()}</strong>;
    case 'em':
      return <em>{inner()}</em>;
    case 'del':
      return <del>{inner()}</del>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <OutwardLink href={(token as Tokens.Link).href}>{inner()}</OutwardLink>;
    case 'image':
      // A picture would tell its server who reads: only its address is shown.
      return <OutwardLink href={(token as Tokens.Image).href}>{(token as Tokens.Image).text || token.raw}</OutwardLink>;
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens === undefined ? mentioned(text, pass.mention) : inlineAll(tokens, text, pass, depth + 1);
    }
    default:
      return token.raw;
  }
}

function blockAll(tokens: readonly Token[], pass: Pass, depth: number): ComponentChildren {
  return depth > MAX_DEPTH ? tokens.map(({ raw }) => raw).join('') : tokens.map((token) => block(token, pass, depth));
}

function block(token: Token, pass: Pass, depth: number): ComponentChildren {
  if (--pass.left < 0) return null;
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading':
      return <p class="md-heading">{inlineAll((token as Tokens.Heading).tokens, token.raw, pass, depth + 1)}</p>;
    case 'paragraph':
      return <p>{inlineAll((token as Tokens.Paragraph).tokens, token.raw, pass, depth + 1)}</p>;
    case 'code':
      return (
        <pre class="scroll">
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{blockAll((token as Tokens.Blockquote).tokens, pass, depth + 1)}</blockquote>;
    case 'hr':
      return <hr />;
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const entries = items.map((item) => <li>{blockAll(item.tokens, pass, depth + 1)}</li>);
      return ordered ? <ol start={Number(start) || 1}>{entries}</ol> : <ul>{entries}</ul>;
    }
    case 'table':
      return <pre class="scroll">{token.raw.trimEnd()}</pre>;
    default:
      return <p>{inline(token, pass, depth)}</p>;
  }
}

/** A message in Markdown. */
export function Markdown({ text, mention }: { text: string; mention: MentionView }) {
  let tokens: Token[];
  try {
    tokens = new Lexer({ gfm: true, breaks: true }).lex(text);
  } catch {
    return <p>{text}</p>;
  }
  return <div class="markdown">{blockAll(tokens, new Pass(mention), 0)}</div>;
}
