/** Registers people for others to invite, some at a time. Their databases are in memory: nobody opens them again. */
import { newWallet } from '../../../interop/peer/wallet.mjs';

const AT_A_TIME = 8;

export async function run({ sdk, settings, newOptions }) {
  let next = 0;
  const register = async () => {
    while (next < settings.count) {
      const installations = settings.installations[next++];
      const { signer } = newWallet();
      let inboxId;
      for (let i = 0; i < installations; i++) {
        const client = await sdk.Client.create(signer, { ...newOptions(), dbPath: null });
        inboxId = client.inboxId;
        await client.close();
      }
      process.send({ type: 'person', inboxId, installations });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, register));
}
