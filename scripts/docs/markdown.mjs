/** What the generators of documentation pages share. */

/** Text that fits into one cell of a Markdown table. */
export const cell = (text) => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ').trim();

/** The compiled file of a source file. */
export const builtFile = (source) => source.replace('/src/', '/dist/').replace(/\.ts$/, '.js');

/** The text of a documentation comment without its stars, up to the first tag. */
export const commentText = (comment) => cell(comment.replace(/^\s*\*( |$)/gm, '').split(/\s@\w+/)[0]);
