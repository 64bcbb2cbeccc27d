/** Buttons. */
import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.js';

type Native = Omit<JSX.IntrinsicElements['button'], 'icon'>;

/** A button with a word. `tone`: the one thing to do, something harmful, or anything else. */
export function Button({
  tone = 'plain',
  class: extra = '',
  children,
  ...rest
}: Native & { tone?: 'plain' | 'main' | 'danger' | 'quiet'; children: ComponentChildren }) {
  return (
    <button type="button" class={`button button-${tone} ${extra}`} {...rest}>
      {children}
    </button>
  );
}

/** A button that is a drawing; `label` is what it says to those who do not see it, and its tooltip. */
export function IconButton({
  icon,
  label,
  size,
  class: extra = '',
  ...rest
}: Native & { icon: IconName; label: string; size?: number }) {
  return (
    <button type="button" class={`icon-button ${extra}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} {...(size === undefined ? {} : { size })} />
    </button>
  );
}
