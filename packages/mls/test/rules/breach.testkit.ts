/**
 * Ways to break one rule. Each is refused with the name of that rule by a policy that enforces it, and accepted by the same
 * policy without it, so that no other rule is broken as well. What no policy can waive comes with a twin that differs in
 * the broken thing alone and is accepted.
 */
import { expect, it } from 'vitest';
import {
  createPolicy,
  RFC_POLICY,
  RULES,
  type RuleName,
  type TypeRegistry,
  type ValidationPolicy,
  XMTP_POLICY,
} from '../../src/index.js';
import type { Rule } from '../../src/validation/rule.js';
import { refusal } from '../scenario/members.testkit.js';

/** Hands the broken input to the engine under a policy; throws what the engine throws. */
export type Attempt = (policy: ValidationPolicy) => void;

/** One way to break one rule. */
export interface Breach {
  readonly rule: RuleName;
  readonly title: string;
  readonly broken: Attempt;
  /** For rules that no policy can waive. */
  readonly repaired?: Attempt;
  /** Rules that hold besides; those of RFC 9420 unless told otherwise. */
  readonly under?: 'rfc' | 'xmtp';
  readonly types?: TypeRegistry;
}

const ALL = Object.keys(RULES) as RuleName[];

/** A policy that enforces what a preset does and `also`, but not `waived`. */
function policyOf({ under = 'rfc', types }: Breach, also: RuleName | undefined, waived: readonly RuleName[]) {
  const preset = under === 'rfc' ? RFC_POLICY : XMTP_POLICY;
  const list = ALL.filter((rule) => (!preset.enforces(rule) && rule !== also) || waived.includes(rule));
  return createPolicy(preset.name, list, types ?? preset.types);
}

/** A policy that enforces nothing that can be waived: what a dishonest member judges itself by. */
export function lenientPolicy(types: TypeRegistry = RFC_POLICY.types): ValidationPolicy {
  return createPolicy('lenient', ALL, types);
}

/** Tests that each breach breaks its rule and no other. */
export function testBreaches(breaches: readonly Breach[]): void {
  it.each(breaches.map((breach) => [breach.rule, breach.title, breach] as const))('%s: %s', (rule, _, breach) => {
    expect(refusal(() => breach.broken(policyOf(breach, rule, [])))).toBe(`mls/validation ${rule}`);
    const { always }: Rule = RULES[rule];
    if (always === true) {
      expect(breach.repaired, 'a rule that cannot be waived needs a repaired twin').toBeDefined();
      expect(refusal(() => breach.repaired?.(policyOf(breach, rule, [])))).toBe('accepted');
      expect(refusal(() => breach.broken(lenientPolicy(breach.types)))).toBe(`mls/validation ${rule}`);
    } else {
      expect(refusal(() => breach.broken(policyOf(breach, undefined, [rule])))).toBe('accepted');
    }
  });
}
