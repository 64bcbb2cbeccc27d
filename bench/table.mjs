/** How figures are shown: three significant digits, the reference beside them, and a ratio above 1 where we are worse. */

/** Three digits that mean something; whole numbers stay whole. */
export function figure(value) {
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return value.toPrecision(3);
}

/**
 * How many times the reference a figure is; of figures of which more is better, how many times less.
 * @param row - `{ value, reference?, better? }`; undefined without a reference or where that is 0
 */
export function ratioOf({ value, reference, better }) {
  if (reference === undefined || reference === 0 || value === 0) return undefined;
  return better === 'more' ? reference / value : value / reference;
}

/** The ratio as text, with two decimals that a noisy machine still allows. */
export function ratioText(row) {
  const ratio = ratioOf(row);
  return ratio === undefined ? '' : ratio.toFixed(ratio < 10 ? 2 : 0);
}

/** Whether the goal was reached: of a number the ratio, of a text the bound. Undefined where there is none, or nothing to stand beside. */
export function isReached(row) {
  if (row.goal === undefined) return undefined;
  if (typeof row.goal === 'number') {
    const ratio = ratioOf(row);
    return ratio === undefined ? undefined : ratio <= row.goal;
  }
  const bound = Number.parseFloat(row.goal);
  return row.better === 'more' ? row.value >= bound : row.value <= bound;
}

/** What was aimed at, with a cross where it was missed: a ratio, or a bound with its unit. */
export function goalText(row) {
  const reached = isReached(row);
  if (reached === undefined) return '';
  const sign = row.better === 'more' && typeof row.goal !== 'number' ? '≥' : '≤';
  return `${reached ? '' : '✗ '}${sign} ${row.goal}`;
}

/** Rows by their section, in the order in which sections first appear. */
export function bySection(rows) {
  const sections = new Map();
  for (const row of rows) {
    const title = row.section ?? '';
    if (!sections.has(title)) sections.set(title, []);
    sections.get(title).push(row);
  }
  return sections;
}

/** A table for a terminal, one block for each section. */
export function tableOf(given) {
  const rows = [...bySection(given).values()].flat();
  const cells = rows.map((row) => [
    row.at === undefined ? row.name : `${row.name}, ${row.at} members`,
    `${figure(row.value)} ${row.unit}`,
    row.reference === undefined ? '' : `${figure(row.reference)} ${row.unit} (${row.against})`,
    ratioText(row),
    goalText(row),
  ]);
  const head = ['figure', 'Conclave', 'reference', 'ratio', 'goal'];
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  const lines = [line(head)];
  rows.forEach((row, index) => {
    if (row.section !== undefined && row.section !== rows[index - 1]?.section) lines.push('', row.section);
    lines.push(line(cells[index]));
  });
  return lines.join('\n');
}
