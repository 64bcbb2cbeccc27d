/**
 * A policy says which rules are enforced. Presets: `rfc` enforces what RFC 9420 demands; `xmtp` does in everything as the
 * deployed XMTP clients do, so that a member never refuses what the others of its group accept, and accepts nothing that they
 * refuse.
 */
import type { ErrorDetails } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { DEPLOYED_TYPES, STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { RULES, type RuleName } from './rules.js';

/** Which rules are enforced, and which types are known besides those that are the engine itself. */
export interface ValidationPolicy {
  readonly name: string;
  /** What a member understands must be the same for all members of a group, so it goes with the rules. */
  readonly types: TypeRegistry;
  /**
   * Whether commits mean what they mean to the deployed engine (libxmtp 1.10.0), where that is not RFC 9420: what is asked of leaves is
   * what the context before the commit requires, a new context holds what its own required_capabilities list, and a reinit ends nothing.
   */
  readonly asDeployed: boolean;
  /** Whether breaking `rule` refuses the input. */
  enforces(rule: RuleName): boolean;
}

/** Rules on what RFC 9420 leaves open and the deployed engine does not: of no concern to others. */
const DEPLOYED_RULES: readonly RuleName[] = ['context-extension-required', 'reinit-suite', 'add-init-keys'];

/** A policy that enforces every rule but `waived`. Rules of what nothing sensible could follow are enforced anyway. */
export function createPolicy(
  name: string,
  waived: readonly RuleName[],
  types: TypeRegistry = STANDARD_TYPES,
  { asDeployed = false }: { readonly asDeployed?: boolean } = {},
): ValidationPolicy {
  const set: ReadonlySet<RuleName> = new Set(asDeployed ? waived : [...waived, ...DEPLOYED_RULES]);
  return { name, types, asDeployed, enforces: (rule) => !set.has(rule) };
}

/** The same rules with other types, for example `withTypes(RFC_POLICY, RFC_POLICY.types.with({ proposals }))`. */
export function withTypes(policy: ValidationPolicy, types: TypeRegistry): ValidationPolicy {
  const { name, asDeployed } = policy;
  return { name, types, asDeployed, enforces: (rule) => policy.enforces(rule) };
}

/** Rules of RFC 9420 alone. */
export const RFC_POLICY: ValidationPolicy = createPolicy('rfc', ['key-package-lifetime-range']);

/**
 * The rules of RFC 9420 that libxmtp 1.10.0 does not enforce. Old leaves expire while their installations live on, so a joiner does not look
 * at the lifetimes in the tree it joins; a member takes the ciphertext at its place in a path, and counts no others; and what is sent does
 * not wait for a proposal that nobody may ever commit.
 */
export const WAIVED_BY_DEPLOYED: readonly RuleName[] = [
  'joined-leaf-lifetime',
  'path-ciphertexts',
  'proposals-committed',
];

/** What libxmtp 1.10.0 enforces, and what commits mean to it where that is not RFC 9420. */
export const XMTP_POLICY: ValidationPolicy = createPolicy('xmtp', WAIVED_BY_DEPLOYED, DEPLOYED_TYPES, {
  asDeployed: true,
});

/**
 * Refuses the input for breaking `rule`, unless the policy waives it; then it returns and the caller goes on.
 * @throws MlsError `mls/validation` with `rule`, `section` and `details`
 */
export function refuse(policy: ValidationPolicy, rule: RuleName, details: ErrorDetails = {}): void {
  if (!policy.enforces(rule)) return;
  throw violation(rule, details);
}

/** The error of a broken rule, for checks that no policy can waive because nothing sensible could follow. */
export function violation(rule: RuleName, details: ErrorDetails = {}): MlsError {
  return new MlsError('mls/validation', { rule, section: RULES[rule].section, ...details });
}

/**
 * `refuse` unless `holds`. Pass a function where computing the answer costs something: it is not called for a waived rule.
 * @throws MlsError `mls/validation`
 */
export function check(
  policy: ValidationPolicy,
  rule: RuleName,
  holds: boolean | (() => boolean),
  details: ErrorDetails = {},
): void {
  if (!policy.enforces(rule)) return;
  if (typeof holds === 'boolean' ? holds : holds()) return;
  throw violation(rule, details);
}
