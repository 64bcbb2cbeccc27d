/** Steps that a message goes through before its listeners, and the filters that such steps are made of. */
import { isText } from '@conclave/node-sdk';
import type { MessageContext } from './message-context.js';

/** Calls `next` to let the message pass; what it throws goes to `unhandledError`. */
export type Middleware = (context: MessageContext, next: () => Promise<void>) => Promise<unknown> | unknown;

/** True lets a message through. */
export type Filter = (context: MessageContext) => boolean | Promise<boolean>;

/** Runs the steps in order, then `last`. A step that does not call `next` ends it. */
export function runMiddleware(
  steps: readonly Middleware[],
  context: MessageContext,
  last: () => Promise<void>,
): Promise<void> {
  const run = async (index: number): Promise<void> => {
    const step = steps[index];
    if (step === undefined) return last();
    let called = false;
    await step(context, async () => {
      // A step that calls next twice must not answer twice.
      if (called) return;
      called = true;
      await run(index + 1);
    });
  };
  return run(0);
}

/** A middleware that passes what every filter lets through. */
export function only(...filters: Filter[]): Middleware {
  return async (context, next) => {
    if (await all(...filters)(context)) await next();
  };
}

/** Every filter must let it through. */
export function all(...filters: Filter[]): Filter {
  return async (context) => {
    for (const filter of filters) if (!(await filter(context))) return false;
    return true;
  };
}

/** One filter must let it through. */
export function any(...filters: Filter[]): Filter {
  return async (context) => {
    for (const filter of filters) if (await filter(context)) return true;
    return false;
  };
}

/** What the filter does not let through. */
export function not(filter: Filter): Filter {
  return async (context) => !(await filter(context));
}

/** Messages of direct conversations. */
export const inDm: Filter = (context) => context.isDm();
/** Messages of groups. */
export const inGroup: Filter = (context) => context.isGroup();
/** Messages of a group's admins and super admins. */
export const fromAdmin: Filter = (context) => context.isFromAdmin();

/** Messages of these inboxes. */
export function fromInbox(...inboxIds: string[]): Filter {
  const wanted = new Set(inboxIds);
  return (context) => wanted.has(context.senderInboxId);
}

/** Texts that a pattern matches. */
export function matching(pattern: RegExp): Filter {
  // Without g and y: test() of those moves on in the pattern and lets every second message through.
  const fixed = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return ({ message }) => isText(message) && fixed.test(message.content as string);
}
