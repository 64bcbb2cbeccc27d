/** Every relative link of every Markdown file leads to a file, and to a heading where it names one. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow, textOf } from './files.mjs';

const LINK = /(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)/g;

/** Every complaint about links. */
export function checkLinks(root) {
  return filesBelow(root, '', /\.md$/).flatMap((path) =>
    [...withoutCode(textOf(root, path)).matchAll(LINK)].flatMap(([, target]) => checkLink(root, path, target)),
  );
}

function checkLink(root, path, target) {
  if (/^[a-z]+:/.test(target)) return [];
  const [file, heading] = target.split('#');
  const targetPath = file === '' ? path : join(dirname(path), file);
  if (!existsSync(join(root, targetPath))) return [`${path}: the link to ${target} leads nowhere.`];
  if (!heading || !targetPath.endsWith('.md')) return [];
  return headingsOf(textOf(root, targetPath)).includes(heading)
    ? []
    : [`${path}: ${target} names no heading of that file.`];
}

/** Anchors of a Markdown file, as code hosts derive them. */
export function headingsOf(text) {
  return [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

const withoutCode = (text) =>
  text.replace(/^(```+)[\s\S]*?^\1\s*$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
