/** Dialogs: the browser's own element, which keeps focus inside and closes on Escape. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../strings/index.js';
import { Button, IconButton } from './button.js';

/** A dialog with a title, shown for as long as it is rendered. */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const element = useRef<HTMLDialogElement>(null);
  // Before the next key can come: it is meant for the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same by the element itself
    <dialog
      ref={element}
      class={wide ? 'dialog dialog-wide' : 'dialog'}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // By the browser itself, as by a second Escape that it does not ask about.
      onClose={onClose}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2>{title}</h2>
          <IconButton icon="close" label={t('close')} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Question {
  readonly text: string;
  readonly action: string;
  readonly answer: (yes: boolean) => void;
}

const question = signal<Question | undefined>();

/** Asks before something that cannot be taken back. @returns whether the person agreed */
export function confirm(text: string, action: string): Promise<boolean> {
  // One at a time: who is asked something else has not agreed to what was asked before.
  question.peek()?.answer(false);
  return new Promise((resolve) => {
    const asked: Question = {
      text,
      action,
      answer: (yes) => {
        if (question.peek() === asked) question.value = undefined;
        resolve(yes);
      },
    };
    question.value = asked;
  });
}

/** The place where questions are asked; rendered once. */
export function Questions() {
  const asked = question.value;
  if (asked === undefined) return null;
  return (
    <Dialog title={asked.action} onClose={() => asked.answer(false)}>
      <p class="dialog-text">{asked.text}</p>
      <footer class="dialog-foot">
        <Button onClick={() => asked.answer(false)}>{t('cancel')}</Button>
        <Button tone="danger" onClick={() => asked.answer(true)}>
          {asked.action}
        </Button>
      </footer>
    </Dialog>
  );
}
