/** What many samples say together. */

/** The middle value; of an even number of them the upper one. */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The value below which a share `p` (0 to 1) of them lies. */
export const percentile = (values, p) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
};
