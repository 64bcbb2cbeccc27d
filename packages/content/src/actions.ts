/** coinbase.com/actions:1.0 - choices offered to the reader (XIP-67). JSON. */
import { type ContentCodec, malformed } from './codec.js';
import type { ContentTypeId } from './content-type-id.js';
import { ContentError } from './errors.js';
import { JsonFields, jsonArray, jsonBytes, jsonObject, jsonText, optionalJsonText } from './json-content.js';
import { parseTimestamp, writeTimestamp } from './timestamp.js';

/** How a choice is shown. */
export const ActionStyle = { Primary: 0, Secondary: 1, Danger: 2 } as const;
export type ActionStyle = (typeof ActionStyle)[keyof typeof ActionStyle];

/** One choice. */
export interface Action {
  /** Unique among the choices; the intent that answers names it. */
  readonly id: string;
  readonly label: string;
  readonly imageUrl?: string | undefined;
  readonly style?: ActionStyle | undefined;
  /** Nanoseconds since 1970; written with milliseconds. */
  readonly expiresAtNs?: bigint | undefined;
}

/** Choices, 1 to 10 of them. */
export interface Actions {
  readonly id: string;
  readonly description: string;
  readonly actions: readonly Action[];
  /** Nanoseconds since 1970; written with milliseconds. */
  readonly expiresAtNs?: bigint | undefined;
}

/** More choices than that nobody reads. */
const MAX_ACTIONS = 10;
/** Words by number. */
const STYLES: readonly string[] = ['primary', 'secondary', 'danger'];

const contentType: ContentTypeId = {
  authorityId: 'coinbase.com',
  typeId: 'actions',
  versionMajor: 1,
  versionMinor: 0,
};

/** coinbase.com/actions:1.0. The rules about number and ids of choices hold for what is written; what others wrote is read. */
export const actionsCodec: ContentCodec<Actions> = {
  contentType,
  encode: (actions) => {
    checkActions(actions);
    const json = jsonObject([
      ['id', jsonText(actions.id)],
      ['description', jsonText(actions.description)],
      ['actions', jsonArray(actions.actions.map(writeAction))],
      ['expiresAt', writeExpiry(actions.expiresAtNs)],
    ]);
    return { type: contentType, parameters: {}, fallback: actionsFallback(actions), content: jsonBytes(json) };
  },
  decode: ({ content }) => {
    const fields = JsonFields.parse(contentType, content);
    return {
      id: fields.text('id'),
      description: fields.text('description'),
      actions: fields.list('actions').map((action) => readAction(new JsonFields(contentType, action, 'actions'))),
      ...readExpiry(fields),
    };
  },
  fallback: actionsFallback,
  shouldPush: () => true,
};

function actionsFallback({ description, actions }: Actions): string {
  const lines = actions.map(({ label }, index) => `[${index + 1}] ${label}`);
  return `${description}\n\n${lines.join('\n')}\n\nReply with the number to select`;
}

function checkActions({ actions }: Actions): void {
  if (actions.length === 0) throw invalid('Actions must contain at least one action.');
  if (actions.length > MAX_ACTIONS) throw invalid(`Actions cannot exceed ${MAX_ACTIONS} actions for UX reasons.`);
  if (new Set(actions.map(({ id }) => id)).size < actions.length) throw invalid('Action ids must be unique.');
}

function writeAction({ id, label, imageUrl, style, expiresAtNs }: Action): string {
  return jsonObject([
    ['id', jsonText(id)],
    ['label', jsonText(label)],
    ['imageUrl', optionalJsonText(imageUrl)],
    ['style', style === undefined ? undefined : jsonText(styleName(style))],
    ['expiresAt', writeExpiry(expiresAtNs)],
  ]);
}

function readAction(fields: JsonFields): Action {
  const imageUrl = fields.optionalText('imageUrl', 'image_url');
  const styleText = fields.optionalText('style');
  const style = styleText === undefined ? 0 : STYLES.indexOf(styleText);
  if (style < 0) throw malformed(contentType, 'style');
  return {
    id: fields.text('id'),
    label: fields.text('label'),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(styleText !== undefined && { style: style as ActionStyle }),
    ...readExpiry(fields),
  };
}

function styleName(style: ActionStyle): string {
  const name = STYLES[style];
  if (name === undefined) throw invalid('The style of an action is not one of ActionStyle.');
  return name;
}

function writeExpiry(expiresAtNs: bigint | undefined): string | undefined {
  if (expiresAtNs === undefined) return undefined;
  const text = writeTimestamp(expiresAtNs);
  if (text === undefined) throw invalid('An expiry must be a 64-bit number of nanoseconds.');
  return jsonText(text);
}

function readExpiry(fields: JsonFields): { expiresAtNs?: bigint } {
  const text = fields.optionalText('expiresAt', 'expires_at');
  if (text === undefined) return {};
  const expiresAtNs = parseTimestamp(text);
  if (expiresAtNs === undefined) throw malformed(contentType, 'expiresAt');
  return { expiresAtNs };
}

function invalid(reason: string): ContentError {
  return new ContentError('content/invalid-value', { typeId: contentType.typeId, reason });
}
