/** Under the messages: who is writing. It keeps its place, so that nothing moves when it comes and goes. */
import { nameOf } from '../state/people.js';
import { settings } from '../state/settings.js';
import { whoIsWriting } from '../state/typing.js';
import { t } from '../strings/index.js';

/** More than so many are not named. */
const MAX_NAMED = 3;

/** The line; nothing where the person has not asked for it. */
export function TypingLine({ conversationId }: { conversationId: string }) {
  if (!settings.value.typingNotices) return null;
  const who = whoIsWriting(conversationId);
  const names = who.slice(0, MAX_NAMED).map(nameOf).join(', ');
  const text =
    who.length === 0
      ? ''
      : who.length > MAX_NAMED
        ? t('manyTyping')
        : t(who.length === 1 ? 'isTyping' : 'areTyping', { who: names });
  return (
    <p class="typing one-line" role="status">
      {text}
    </p>
  );
}
