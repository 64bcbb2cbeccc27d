/** How tests show that input breaks one rule and no other. */
import { expect, vi } from 'vitest';
import { MlsError } from '../errors.js';
import { RFC_POLICY, type ValidationPolicy, XMTP_POLICY } from './policy.js';
import type { RuleName } from './rules.js';

/**
 * Asserts that `step` is refused for breaking `rule`, and that with the rule waived no other rule refuses it. A rule of
 * what nothing sensible could follow is enforced whatever the policy says; then the second refusal is the first again.
 *
 * @param step - takes its policy from the presets, or as its argument; runs twice and more
 * @param alsoBroken - rules that the same input cannot help breaking
 */
export function expectRule(
  rule: RuleName,
  step: (policy?: ValidationPolicy) => unknown,
  { alsoBroken = [] }: { readonly alsoBroken?: readonly RuleName[] } = {},
): void {
  expect(brokenRule(step)).toBe(rule);
  const rest = withoutRules([rule, ...alsoBroken], () => brokenRule(step));
  expect([undefined, rule, ...alsoBroken], `broken beside ${rule}`).toContain(rest);
}

/** The rule that refuses, or undefined when none does; other errors than MlsError pass through. */
function brokenRule(step: () => unknown): unknown {
  try {
    step();
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    return error.code === 'mls/validation' ? error.details.rule : undefined;
  }
  return undefined;
}

/** What `action` gives while the presets waive these rules as well. */
function withoutRules<Result>(waived: readonly RuleName[], action: () => Result): Result {
  const spies = [RFC_POLICY, XMTP_POLICY].map((policy) => {
    const { enforces } = policy;
    return vi.spyOn(policy, 'enforces').mockImplementation((name) => !waived.includes(name) && enforces(name));
  });
  try {
    return action();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
