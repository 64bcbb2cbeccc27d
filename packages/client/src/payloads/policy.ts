/**
 * One policy of a policy set: a base, or a condition over policies (XIP-47). The three kinds of policy on the wire share
 * this shape and differ in their bases only.
 */
import type { WireWriter } from '@conclave/proto';
import { malformedPayload } from './malformed-payload.js';
import type { WireReader } from './protobuf-wire.js';

/** `and` holds when all of its policies hold, `any` when one of them does. Conditions are never empty. */
export type Policy<Base extends string> =
  | { readonly kind: 'base'; readonly base: Base }
  | { readonly kind: 'and' | 'any'; readonly policies: readonly Policy<Base>[] };

/** A policy while its message is read: a message that comes twice is merged, so it is judged at the end. */
export interface PolicyDraft {
  base?: number;
  condition?: { readonly kind: 'and' | 'any'; readonly policies: PolicyDraft[] };
}

/**
 * Reads a policy message into a draft. `budget` bounds the number of policies of one set; the reader bounds their depth.
 * @throws CryptoError `codec/…`, ClientError `client/payload-malformed` when the budget is spent
 */
export function mergePolicy(
  reader: WireReader,
  before: PolicyDraft | undefined,
  budget: { left: number },
): PolicyDraft {
  if (--budget.left < 0) throw malformedPayload('permissions', 'number of policies');
  const draft: PolicyDraft = before ?? {};
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        draft.base = reader.int32();
        delete draft.condition;
        break;
      case 2:
      case 3: {
        const kind = reader.field === 2 ? 'and' : 'any';
        if (draft.condition?.kind !== kind) draft.condition = { kind, policies: [] };
        delete draft.base;
        const condition = reader.message();
        while (condition.next()) {
          if (condition.field === 1) draft.condition.policies.push(mergePolicy(condition.message(), undefined, budget));
          else condition.skip();
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  return draft;
}

/**
 * The policy of a finished draft.
 * @throws ClientError `client/payload-malformed` when it is absent, has no kind, an unknown base or an empty condition
 */
export function decodePolicy<Base extends string>(
  draft: PolicyDraft | undefined,
  bases: ReadonlyMap<number, Base>,
  field: string,
): Policy<Base> {
  const { base: code, condition } = draft ?? {};
  if (condition !== undefined) {
    if (condition.policies.length === 0) throw malformedPayload('permissions', `${field}: empty condition`);
    return { kind: condition.kind, policies: condition.policies.map((inner) => decodePolicy(inner, bases, field)) };
  }
  const base = code === undefined ? undefined : bases.get(code);
  if (base === undefined) throw malformedPayload('permissions', field);
  return { kind: 'base', base };
}

/** Writes a policy as a nested message. */
export function encodePolicy<Base extends string>(
  writer: WireWriter,
  field: number,
  policy: Policy<Base>,
  codes: Readonly<Record<Base, number>>,
): void {
  writer.message(field, (message) => {
    if (policy.kind === 'base') {
      message.enumeration(1, codes[policy.base]);
      return;
    }
    message.message(policy.kind === 'and' ? 2 : 3, (condition) => {
      for (const inner of policy.policies) encodePolicy(condition, 1, inner, codes);
    });
  });
}

/** Structural equality; the order of a condition's policies counts, as it does for the deployed client. */
export function equalPolicies<Base extends string>(a: Policy<Base>, b: Policy<Base>): boolean {
  if (a.kind === 'base') return b.kind === 'base' && a.base === b.base;
  if (b.kind !== a.kind || a.policies.length !== b.policies.length) return false;
  return a.policies.every((inner, i) => equalPolicies(inner, b.policies[i] as Policy<Base>));
}

/** The base, or undefined for a condition: what applications are shown. */
export function basePolicyOf<Base extends string>(policy: Policy<Base>): Base | undefined {
  return policy.kind === 'base' ? policy.base : undefined;
}
