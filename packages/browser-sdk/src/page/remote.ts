/** Typed calls on the objects in the worker. */
import type { Target } from '../channel/messages.js';
import type { clientCalls, preferencesCalls, statisticsCalls } from '../worker/client-calls.js';
import type { contentCalls } from '../worker/content-calls.js';
import type { ConversationCalls, conversationsCalls } from '../worker/conversation-calls.js';
import type { DirectoryCalls } from '../worker/directory-calls.js';
import type { CoreLink } from './core-link.js';

/** The calls on each target. */
export interface Tables {
  readonly client: ReturnType<typeof clientCalls>;
  readonly conversations: ReturnType<typeof conversationsCalls>;
  readonly conversation: ConversationCalls;
  readonly preferences: ReturnType<typeof preferencesCalls>;
  readonly statistics: ReturnType<typeof statisticsCalls>;
  readonly directory: DirectoryCalls;
  readonly content: ReturnType<typeof contentCalls>;
}

/**
 * Calls that change something each time that they are made: after a change of workers they are refused, not repeated. Sending is
 * not among them: every message carries a key by which it is stored once.
 */
const NOT_REPEATED =
  /^(create(?!InboxSignature)|update|add|remove|apply|request|revoke|start|finish|enable|openInvite)/;

/** The calls on one target. */
export class Remote<Calls> {
  readonly #link: CoreLink;
  readonly #target: Target;

  constructor(link: CoreLink, target: Target) {
    this.#link = link;
    this.#target = target;
  }

  /** @throws RemoteError with what it threw; BrowserError `browser/core-lost`, `browser/closed` */
  call<Method extends keyof Calls & string>(
    method: Method,
    ...args: ArgsOf<Calls[Method]>
  ): Promise<AnswerOf<Calls[Method]>> {
    return this.#link.call(this.#target, method, args, !NOT_REPEATED.test(method));
  }

  /** As `call`, for a call whose last argument is told how far it is. */
  callReporting<Method extends keyof Calls & string>(
    method: Method,
    onProgress: ReportOf<Calls[Method]> | undefined,
    ...args: ArgsBefore<Calls[Method]>
  ): Promise<AnswerOf<Calls[Method]>> {
    const report = onProgress as ((value: unknown) => void) | undefined;
    return this.#link.call(this.#target, method, args, !NOT_REPEATED.test(method), report);
  }
}

type ReportOf<Call> = ArgsOf<Call> extends [...unknown[], infer Report] ? Report : never;
type ArgsBefore<Call> = ArgsOf<Call> extends [...infer Before, unknown] ? Before : never;
type ArgsOf<Call> = Call extends (...args: infer Args) => unknown ? Args : never;
type AnswerOf<Call> = Call extends (...args: never[]) => infer Answer ? Awaited<Answer> : never;
