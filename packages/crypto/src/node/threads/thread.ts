/** What runs in the other threads: answers questions of a fixed length, many at a time. */
import type { openDigestCheck } from './digest-check.js';
import type { openHybrid } from './hybrid.js';
import type { openRecovery } from './recovery.js';
import type { startSodium, WebAssemblyPlatform } from './wasm.js';

/** What is asked. */
export type Kind = 'recover' | 'check' | 'agree';

/** Questions of one kind, one behind the other. */
export interface Asked {
  readonly id: number;
  readonly kind: Kind;
  readonly questions: Uint8Array;
}

/** The answers in their order, of a fixed length each. */
export interface Answered {
  readonly id: number;
  readonly answers: Uint8Array;
}

/** Given at the start: the compiled modules, which threads share. */
export interface ThreadData {
  readonly secp256k1: object;
  readonly sodium: object;
  readonly digestAt: number;
}

interface Port {
  on(event: 'message', listener: (asked: Asked) => void): void;
  postMessage(answered: Answered, handedOver: ArrayBufferLike[]): void;
}

/** What a thread opens when it is first asked for it. */
export interface Openers {
  readonly sodium: typeof startSodium;
  readonly recovery: typeof openRecovery;
  readonly check: typeof openDigestCheck;
  readonly hybrid: typeof openHybrid;
}

/** The body of a thread. It refers to nothing but its arguments: its source is what is started (`threads.ts`). */
export function answerQuestions(
  port: Port,
  platform: WebAssemblyPlatform,
  { secp256k1, sodium, digestAt }: ThreadData,
  open: Openers,
  crypto: typeof import('node:crypto'),
): void {
  const all =
    (length: number, answerLength: number, answer: (question: Uint8Array) => Uint8Array | undefined) =>
    (questions: Uint8Array): Uint8Array => {
      const count = questions.length / length;
      const answers = new Uint8Array(answerLength * count);
      for (let i = 0; i < count; i++) {
        const found = answer(questions.subarray(length * i, length * (i + 1)));
        if (found !== undefined) answers.set(found, answerLength * i);
        if (found !== undefined && length === 1280) found.fill(0);
      }
      return answers;
    };
  const openers = {
    recover: () => all(97, 65, open.recovery(platform, secp256k1)),
    check: () => {
      const check = open.check(open.sodium(platform, sodium), digestAt);
      return all(160, 1, (question) => Uint8Array.of(check(question) ? 1 : 0));
    },
    agree: () => all(1280, 1184, open.hybrid(open.sodium(platform, sodium), crypto)),
  };
  const opened: { [K in Kind]?: (questions: Uint8Array) => Uint8Array } = {};
  port.on('message', ({ id, kind, questions }) => {
    opened[kind] ??= openers[kind]();
    const answers = opened[kind](questions);
    // They hold what is secret until it is combined.
    if (kind === 'agree') questions.fill(0);
    port.postMessage({ id, answers }, [answers.buffer]);
  });
}
