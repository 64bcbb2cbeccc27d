/** What runs in the other threads: answers questions of a fixed length, many at a time. */
import type { openDigestCheck } from './digest-check.js';
import type { openRecovery } from './recovery.js';
import type { WebAssemblyPlatform } from './wasm.js';

/** What is asked. */
export type Kind = 'recover' | 'check';

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
  postMessage(answered: Answered): void;
}

/** The body of a thread. It refers to nothing but its arguments: its source is what is started (`threads.ts`). */
export function answerQuestions(
  port: Port,
  platform: WebAssemblyPlatform,
  { secp256k1, sodium, digestAt }: ThreadData,
  open: { readonly recovery: typeof openRecovery; readonly check: typeof openDigestCheck },
): void {
  let recover: ReturnType<typeof openRecovery> | undefined;
  let check: ReturnType<typeof openDigestCheck> | undefined;
  const recoverAll = (questions: Uint8Array): Uint8Array => {
    recover ??= open.recovery(platform, secp256k1);
    const count = questions.length / 97;
    const answers = new Uint8Array(65 * count);
    for (let i = 0; i < count; i++) {
      const key = recover(questions.subarray(97 * i, 97 * (i + 1)));
      if (key !== undefined) answers.set(key, 65 * i);
    }
    return answers;
  };
  const checkAll = (questions: Uint8Array): Uint8Array => {
    check ??= open.check(platform, sodium, digestAt);
    const count = questions.length / 160;
    const answers = new Uint8Array(count);
    for (let i = 0; i < count; i++) answers[i] = check(questions.subarray(160 * i, 160 * (i + 1))) ? 1 : 0;
    return answers;
  };
  port.on('message', ({ id, kind, questions }) => {
    port.postMessage({ id, answers: kind === 'recover' ? recoverAll(questions) : checkAll(questions) });
  });
}
