/** The first screen: whose conversations? */
import type { Signer } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { place } from '../state/navigation.js';
import { attempt } from '../state/notices.js';
import { isOpening, prepareClient, type SignInKind, signIn } from '../state/session.js';
import { t } from '../strings/index.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/dialog.js';
import { Icon } from '../ui/icon.js';
import { anotherPasskeySigner, findPasskey, hasPasskey, passkeySigner, passkeysWork } from './passkey.js';
import { throwAwaySigner } from './throw-away.js';
import { findWallets, type Wallet, walletSigner, wallets } from './wallet.js';

const waitsForSignature = signal(false);

async function enter(kind: SignInKind, signerOf: () => Promise<Signer>): Promise<void> {
  // A second click, before the first has changed the page.
  if (isOpening.value) return;
  waitsForSignature.value = kind !== 'throw-away';
  try {
    await attempt(() => signIn(kind, signerOf));
  } finally {
    waitsForSignature.value = false;
  }
}

function WalletButton({ wallet }: { wallet: Wallet }) {
  return (
    <Button tone="main" class="sign-in-button" onClick={() => enter('wallet', () => walletSigner(wallet))}>
      {wallet.icon === undefined ? <Icon name="lock" /> : <img src={wallet.icon} alt="" width={20} height={20} />}
      {t('signInWallet', { wallet: wallet.name })}
    </Button>
  );
}

/** Somebody whose passkey is gone from the device, or who wants to be somebody else here. */
async function enterAnew(): Promise<void> {
  if (await confirm(t('passkeyOtherConfirm'), t('passkeyOther'))) await enter('passkey', anotherPasskeySigner);
}

/** The screen is painted first, and drawn again while the rest is loaded. */
function whenIdle(): void {
  setTimeout(prepareClient, 0);
}

/** The first screen. */
export function SignIn() {
  useEffect(findWallets, []);
  useEffect(() => void findPasskey(), []);
  useEffect(whenIdle, []);
  return (
    <div class="sign-in scroll">
      <main class="sign-in-card">
        <img src="/icon.svg" alt="" width={56} height={56} />
        <h1>{t('signInTitle')}</h1>
        <p class="soft">{t('signInLead')}</p>
        {place.value.view === 'join' && (
          <p>
            <strong>{t('joinSignIn')}</strong>
          </p>
        )}
        {isOpening.value ? (
          <p class="working" role="status">
            <span class="spinner" aria-hidden="true" />
            {waitsForSignature.value ? t('signInSign') : t('signInWorking')}
          </p>
        ) : (
          <div class="sign-in-ways">
            {wallets.value.map((wallet) => (
              <WalletButton key={wallet.id} wallet={wallet} />
            ))}
            {wallets.value.length === 0 && <p class="soft tiny">{t('signInNoWallet')}</p>}
            {passkeysWork() && (
              <div>
                <Button class="sign-in-button" onClick={() => enter('passkey', passkeySigner)}>
                  {t('signInPasskey')}
                </Button>
                <p class="soft tiny">{t('signInPasskeyHint')}</p>
                {hasPasskey.value && (
                  <button type="button" class="link-button tiny" onClick={enterAnew}>
                    {t('passkeyOther')}
                  </button>
                )}
              </div>
            )}
            <div>
              <Button class="sign-in-button" onClick={() => enter('throw-away', throwAwaySigner)}>
                {t('signInThrowAway')}
              </Button>
              <p class="soft tiny">{t('signInThrowAwayHint')}</p>
            </div>
          </div>
        )}
      </main>
    </div>
  );
}
