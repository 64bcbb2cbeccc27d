/** What a person chose for this browser. Nothing secret is among it, so it lies in localStorage, where it is there before first paint. */
import { effect, signal } from '@preact/signals';
import { LANGUAGES, language } from '../strings/index.js';

/** Everything that can be chosen. */
export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly language: string;
  readonly readReceipts: boolean;
  readonly typingNotices: boolean;
  readonly loadPictures: boolean;
  readonly notifications: boolean;
}

const KEY = 'conclave-settings';
const DEFAULTS: Settings = {
  theme: 'system',
  language: 'en',
  readReceipts: false,
  typingNotices: false,
  loadPictures: false,
  notifications: false,
};

function load(): Settings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const known = Object.entries(kept as object).filter(
      ([name, value]) => typeof value === typeof DEFAULTS[name as keyof Settings],
    );
    return { ...DEFAULTS, ...Object.fromEntries(known) };
  } catch {
    return DEFAULTS;
  }
}

/** The settings; change them with `change`. */
export const settings = signal<Settings>(load());

/** Changes settings, in this tab and the others. */
export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.value));
  } catch {
    // Kept for as long as the page is open.
  }
}

/** Applies them to the page, and follows other tabs. */
export function applySettings(): void {
  addEventListener('storage', ({ key }) => {
    if (key === KEY) settings.value = load();
  });
  effect(() => {
    const { theme, language: tag } = settings.value;
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    const known = tag in LANGUAGES ? tag : 'en';
    language.value = known;
    root.lang = known;
  });
}
