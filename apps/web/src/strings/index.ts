/** The language seam: every sentence on the page goes through `t`. */
import { signal } from '@preact/signals';
import { en, type StringKey } from './en.js';

/** A language: all of the page's sentences. */
export type Strings = Readonly<Record<StringKey, string>>;

/** The languages that there are, by BCP 47 tag. */
export const LANGUAGES: Readonly<Record<string, { readonly name: string; readonly strings: Strings }>> = {
  en: { name: 'English', strings: en },
};

/** The chosen language's tag; `settings.ts` sets it. */
export const language = signal('en');

/** A sentence in the chosen language, with `{name}` replaced by `values.name`. */
export function t(key: StringKey, values: Readonly<Record<string, string | number>> = {}): string {
  const sentence = (LANGUAGES[language.value] ?? LANGUAGES.en)?.strings[key] ?? en[key];
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export type { StringKey } from './en.js';
