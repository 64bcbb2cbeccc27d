/** Contents that the real client made, and a way to say with which code something fails. */
import { ConclaveError } from '@conclave/crypto';

/** Encoded contents recorded from @xmtp/node-bindings 1.10.0, hex. */
export const RECORDED = {
  text: '0a120a08786d74702e6f7267120474657874180112110a08656e636f64696e6712055554462d3822086869207468657265',
  memberAdded:
    '0a1b0a08786d74702e6f7267120d67726f75705f7570646174656418012286010a403332653936343263346632376534303964643562623137396130303738393365656262386566643361393764366236373236633835303661663864626338363012420a4062396365323033333737333135643231346165376635366461396562663863323866626539643432363161623466356532306337323233346663386438353663',
  nameChanged:
    '0a1b0a08786d74702e6f7267120d67726f75705f757064617465641801225b0a403332653936343263346632376534303964643562623137396130303738393365656262386566643361393764366236373236633835303661663864626338363022170a0a67726f75705f6e616d65120568656c6c6f1a027832',
} as const;

/** Contents (without envelope) and fallbacks recorded from its encoders. */
export const RECORDED_REACTIONS = [
  {
    reaction: {
      reference: 'ab'.repeat(32),
      referenceInboxId: 'cd'.repeat(32),
      action: 1,
      content: '\u{1f44d}',
      schema: 1,
    },
    content: `0a40${'6162'.repeat(32)}1240${'6364'.repeat(32)}18012204f09f918d2801`,
    fallback: 'Reacted with "\u{1f44d}" to an earlier message',
  },
  {
    reaction: { reference: 'ab'.repeat(32), referenceInboxId: '', action: 2, content: ':smile:', schema: 2 },
    content: `0a40${'6162'.repeat(32)}180222073a736d696c653a2802`,
    fallback: 'Removed ":smile:" from an earlier message',
  },
  {
    reaction: { reference: '', referenceInboxId: '', action: 0, content: '', schema: 0 },
    content: '',
    fallback: 'Reacted with "" to an earlier message',
  },
] as const;

/** Code of the error that `action` throws; undefined when it throws none. Other errors pass. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ConclaveError) return error.code;
    throw error;
  }
  return undefined;
}
