/**
 * Every check that refuses well-formed input has a name here, with its section and its sentence.
 * One table per area, merged below; the name travels in the error (`details.rule`) and in the policies.
 */
import { EXTERNAL_RULES } from './external-rules.js';
import { FRAMING_RULES } from './framing-rules.js';
import { GROUP_RULES } from './group-rules.js';
import { LEAF_RULES } from './leaf-rules.js';
import { REGISTRY_RULES } from './registry-rules.js';
import type { Rule } from './rule.js';
import { SUCCESSOR_RULES } from './successor-rules.js';
import { TREE_RULES } from './tree-rules.js';

/** All rules by name. */
export const RULES = {
  ...LEAF_RULES,
  ...TREE_RULES,
  ...FRAMING_RULES,
  ...GROUP_RULES,
  ...EXTERNAL_RULES,
  ...SUCCESSOR_RULES,
  ...REGISTRY_RULES,
} as const satisfies Readonly<Record<string, Rule>>;

/** Name of a rule. */
export type RuleName = keyof typeof RULES;
