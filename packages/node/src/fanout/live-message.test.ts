import { EnvelopeSchema, fromBinary } from '@conclave/proto';
import { expect, it } from 'vitest';
import { FRAME_HEAD_BYTES } from '../frame.js';
import { bytes, groupEntry } from '../log/log.testkit.js';
import { LiveMessage } from './live-message.js';

it('needs nothing of the request that it came in, once it has been encoded', () => {
  const position = { id: 7n, createdNs: 70n };
  const whole = new LiveMessage({ ...position, entry: groupEntry('group', 'data') });
  const request = Buffer.from('group data hmac');
  const [topic, data, senderHmac] = [request.subarray(0, 5), request.subarray(6, 10), request.subarray(11)];
  const message = new LiveMessage({ ...position, entry: { ...groupEntry('', ''), topic, data, senderHmac } });
  expect(message.frame).toEqual(whole.frame);
  request.fill(0);
  expect(message.frame).toEqual(whole.frame);
  expect(message.subscribeFrame).toEqual(whole.subscribeFrame);
  expect(message.envelope).toEqual(whole.envelope);
  const envelope = fromBinary(EnvelopeSchema, message.envelope.subarray(FRAME_HEAD_BYTES));
  expect(envelope.contentTopic).toBe(`/xmtp/mls/1/g-${Buffer.from(bytes('group')).toString('hex')}/proto`);
});
