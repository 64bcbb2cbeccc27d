/** Labelled controls. */
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** A line to type into. @param fault - what is wrong with it, told to everybody */
export function TextField({
  label,
  hint,
  fault,
  ...rest
}: JSX.IntrinsicElements['input'] & { label: string; hint?: string | undefined; fault?: string | undefined }) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        autoComplete="off"
        spellcheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        {...rest}
      />
      {note !== undefined && (
        <p id={`${id}-note`} class={fault === undefined ? 'field-note' : 'field-note field-fault'} aria-live="polite">
          {note}
        </p>
      )}
    </div>
  );
}

/** A choice of a few. */
export function SelectField<T extends string>({
  label,
  value,
  options,
  onPick,
  disabled = false,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onPick: (value: T) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="field field-row">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value}
        disabled={disabled}
        onChange={(event) => onPick(event.currentTarget.value as T)}
      >
        {options.map(([key, text]) => (
          <option value={key} key={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** On or off. */
export function Toggle({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
}: {
  label: string;
  hint?: string | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="field field-row">
      <label for={id}>
        {label}
        {hint !== undefined && <span class="field-note">{hint}</span>}
      </label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={checked}
        class="switch"
        checked={checked}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          const wanted = currentTarget.checked;
          // It shows what is so, not what was asked for: a browser that refuses changes nothing that would be drawn.
          currentTarget.checked = checked;
          onChange(wanted);
        }}
      />
    </div>
  );
}

/** A part of a page of settings, with its heading. */
export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
