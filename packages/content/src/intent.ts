/** coinbase.com/intent:1.0 - which of the choices of an `actions` message was taken (XIP-67). JSON. */
import { type ContentCodec, malformed } from './codec.js';
import type { ContentTypeId } from './content-type-id.js';
import { ContentError } from './errors.js';
import {
  isShallow,
  JsonFields,
  jsonArray,
  jsonBytes,
  jsonFloat,
  jsonObject,
  jsonText,
  MAX_JSON_DEPTH,
} from './json-content.js';

/** An answer to `Actions`. */
export interface Intent {
  /** The id of the `Actions`. */
  readonly id: string;
  /** The id of the choice. */
  readonly actionId: string;
  /** Anything that JSON can say, at most 10 KiB of it; whole numbers beyond 2^53 may be given as bigint, and are read rounded. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

const MAX_METADATA_BYTES = 10 * 1024;
const MIN_I32 = -(2 ** 31);
const MAX_U32 = 2 ** 32 - 1;

const contentType: ContentTypeId = {
  authorityId: 'coinbase.com',
  typeId: 'intent',
  versionMajor: 1,
  versionMinor: 0,
};

/** coinbase.com/intent:1.0. */
export const intentCodec: ContentCodec<Intent> = {
  contentType,
  encode: (intent) => {
    const json = jsonObject([
      ['id', jsonText(intent.id)],
      ['actionId', jsonText(intent.actionId)],
      ['metadata', intent.metadata === undefined ? undefined : writeMetadata(intent.metadata)],
    ]);
    return { type: contentType, parameters: {}, fallback: intentFallback(intent), content: jsonBytes(json) };
  },
  decode: ({ content }) => {
    const fields = JsonFields.parse(contentType, content);
    const metadata = fields.get('metadata');
    if (metadata !== undefined && (typeof metadata !== 'object' || Array.isArray(metadata) || !isShallow(metadata))) {
      throw malformed(contentType, 'metadata');
    }
    return {
      id: fields.text('id'),
      actionId: fields.text('actionId', 'action_id'),
      ...(metadata !== undefined && { metadata: metadata as Readonly<Record<string, unknown>> }),
    };
  },
  fallback: intentFallback,
  shouldPush: () => true,
};

function intentFallback({ actionId }: Intent): string {
  return `User selected action: ${actionId}`;
}

function writeMetadata(metadata: Readonly<Record<string, unknown>>): string {
  const json = writeValue(metadata, 0);
  if (jsonBytes(json).length > MAX_METADATA_BYTES) throw invalid('Intent metadata is too large. (limit: 10kb)');
  return json;
}

/** As the deployed client writes values of an application: numbers that fit 32 bits whole, others as floating point. */
function writeValue(value: unknown, depth: number): string {
  if (depth > MAX_JSON_DEPTH) throw invalid('Intent metadata is nested too deeply.');
  switch (typeof value) {
    case 'string':
      return jsonText(value);
    case 'boolean':
      return String(value);
    case 'bigint':
      return value >= -(2n ** 63n) && value < 2n ** 64n ? String(value) : jsonText(String(value));
    case 'number':
      return writeNumber(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return jsonArray(value.map((item) => writeValue(item, depth + 1)));
      return jsonObject(
        Object.entries(value).map(([name, item]) => [
          name,
          item === undefined ? undefined : writeValue(item, depth + 1),
        ]),
      );
    default:
      throw invalid(`Intent metadata holds a ${typeof value}, which JSON cannot say.`);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw invalid('Intent metadata holds a number that is not finite.');
  return Number.isInteger(value) && value >= MIN_I32 && value <= MAX_U32 ? String(value) : jsonFloat(value);
}

function invalid(reason: string): ContentError {
  return new ContentError('content/invalid-value', { typeId: contentType.typeId, reason });
}
