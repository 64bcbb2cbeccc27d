/** The notices at the foot of the page. */
import { dismiss, notices } from '../state/notices.js';
import { t } from '../strings/index.js';
import { IconButton } from './button.js';

/** Rendered once. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, tone, action }) => (
        <div key={id} class={`notice notice-${tone}`}>
          <span>{text}</span>
          {action !== undefined && (
            <button
              type="button"
              class="notice-action"
              onClick={() => {
                action.act();
                dismiss(id);
              }}
            >
              {action.label}
            </button>
          )}
          <IconButton icon="close" size={16} label={t('close')} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
