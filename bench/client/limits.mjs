/** What limits the figures that miss their goal: one sentence for each, shown on docs/performance.md as long as it is missed. */
const LIMITS = [];

/** The sentence for a row. */
export function limitOf({ section, name, at }) {
  return LIMITS.find(
    (limit) => limit.name === name && (limit.section ?? section) === section && (limit.at ?? at) === at,
  )?.why;
}
