import { equalBytes } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { verifyGroupInfo } from '../../src/group/group-info.js';
import { openGroupInfo, openGroupSecrets } from '../../src/group/welcome.js';
import { keyPackageRef } from '../../src/key-package.js';
import { deriveEpochSecrets } from '../../src/schedule/key-schedule.js';
import { derivePskSecret } from '../../src/schedule/psk.js';
import { confirmationTag } from '../../src/schedule/transcript-hash.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

interface WelcomeCase {
  cipher_suite: number;
  init_priv: string;
  signer_pub: string;
  key_package: string;
  welcome: string;
}

describeVectors<WelcomeCase>('welcome', (cases) => {
  it.each(cases)('suite $cipher_suite', (vector) => {
    const suite = suiteOf(vector);
    const keyPackageMessage = decodeMlsMessage(hex(vector.key_package));
    const welcomeMessage = decodeMlsMessage(hex(vector.welcome));
    if (keyPackageMessage.wireFormat !== 5 || welcomeMessage.wireFormat !== 3) throw new TypeError('wrong wire format');
    const { welcome } = welcomeMessage;
    const reference = keyPackageRef(suite, keyPackageMessage.keyPackage);
    const entry = [...welcome.secrets].find(({ newMember }) => equalBytes(newMember, reference));
    if (entry === undefined) throw new TypeError('not addressed to the key package');
    const { joinerSecret } = openGroupSecrets(suite, welcome, entry, hex(vector.init_priv));
    const pskSecret = derivePskSecret(suite, [], () => undefined);
    const groupInfo = openGroupInfo(suite, welcome, joinerSecret, pskSecret);
    expect(verifyGroupInfo(suite.provider.signaturePublicKey(hex(vector.signer_pub)), groupInfo)).toBe(true);
    const { confirmationKey } = deriveEpochSecrets(suite, joinerSecret, pskSecret, groupInfo.groupContext.raw);
    const tag = confirmationTag(suite, confirmationKey, groupInfo.groupContext.confirmedTranscriptHash);
    expect(groupInfo.confirmationTag).toEqual(tag);
  });
});
