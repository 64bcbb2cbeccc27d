/** The whole page: sign-in, or the columns. */
import { signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { JoinGroup } from './join/join-group.js';
import { ConversationList } from './list/conversation-list.js';
import { Details } from './panel/details.js';
import { NewConversation } from './panel/new-conversation.js';
import { SettingsPage } from './settings/settings-page.js';
import { SignIn } from './sign-in/sign-in.js';
import { connection } from './state/connection.js';
import { go, place } from './state/navigation.js';
import { isLeaving, isResuming, session } from './state/session.js';
import { t } from './strings/index.js';
import { QuickSwitcher, switcherIsOpen } from './switcher/quick-switcher.js';
import { ThreadColumn } from './thread/thread-column.js';
import { IconButton } from './ui/button.js';
import { Questions } from './ui/dialog.js';
import { Notices } from './ui/notices.js';

const memoryIsKnown = signal(false);

function ConnectionBar() {
  const state = connection.value;
  if (state === 'online') return null;
  return (
    <div class="connection" role="status">
      {t(state)}
    </div>
  );
}

/** A person must know that what they write here will not be there tomorrow. */
function MemoryBar() {
  if (session.value?.client.storage !== 'memory' || memoryIsKnown.value) return null;
  return (
    <div class="connection memory-bar" role="status">
      <span>{t('signInMemory')}</span>
      <IconButton
        icon="close"
        size={16}
        label={t('close')}
        onClick={() => {
          memoryIsKnown.value = true;
        }}
      />
    </div>
  );
}

function useShortcuts(): void {
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        switcherIsOpen.value = !switcherIsOpen.value;
      } else if (event.key === 'Escape' && place.value.details && document.querySelector('dialog[open]') === null) {
        go({ view: 'chats', ...(place.value.conversationId ? { conversationId: place.value.conversationId } : {}) });
      }
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

function Columns() {
  useShortcuts();
  const { view, conversationId, details, invite = '' } = place.value;
  const main = view === 'settings' ? 'settings' : conversationId === undefined ? 'none' : 'thread';
  return (
    <div class="columns" data-main={main} data-details={details ? 'open' : 'closed'}>
      <ConversationList />
      <main class="main">{main === 'settings' ? <SettingsPage /> : <ThreadColumn />}</main>
      {details && conversationId !== undefined && <Details />}
      {view === 'new' && <NewConversation />}
      {view === 'join' && <JoinGroup key={invite} invite={invite} />}
      {switcherIsOpen.value && <QuickSwitcher />}
    </div>
  );
}

/** What is there before it is known who is; index.html begins with the same. */
function Splash() {
  return (
    <div class="splash" role="status">
      <img src="/icon.svg" alt="" width={56} height={56} />
      <p class="soft">{t(isLeaving.value ? 'signingOut' : 'signInWorking')}</p>
    </div>
  );
}

function Main() {
  if (session.value !== undefined) return <Columns />;
  return isResuming.value || isLeaving.value ? <Splash /> : <SignIn />;
}

/** The page. */
export function App() {
  return (
    <div class="page">
      {session.value !== undefined && (
        <div class="bars">
          <ConnectionBar />
          <MemoryBar />
        </div>
      )}
      <Main />
      <Questions />
      <Notices />
    </div>
  );
}
