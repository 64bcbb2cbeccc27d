/** xmtp.org/transactionReference:1.0 - a transaction on a chain. JSON. */
import { type ContentCodec, malformed } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { ContentError } from './errors.js';
import { JsonFields, jsonBytes, jsonFloat, jsonObject, jsonText, optionalJsonText } from './json-content.js';

/** What a transaction was about, as its sender says. */
export interface TransactionMetadata {
  readonly transactionType: string;
  readonly currency: string;
  /** In units of the currency, `decimals` of them after the point. */
  readonly amount: number;
  /** Whole, below 2^32. */
  readonly decimals: number;
  readonly fromAddress: string;
  readonly toAddress: string;
}

/** A transaction on a chain. */
export interface TransactionReference {
  /** For example `eip155`. */
  readonly namespace?: string | undefined;
  readonly networkId: string;
  /** The transaction's hash. */
  readonly reference: string;
  readonly metadata?: TransactionMetadata | undefined;
}

const MAX_U32 = 0xffff_ffff;

const contentType = xmtpType('transactionReference');

/** xmtp.org/transactionReference:1.0. A network id that is a number, as some clients write it, is read as its text. */
export const transactionReferenceCodec: ContentCodec<TransactionReference> = {
  contentType,
  encode: (transaction) => {
    const { namespace, networkId, reference, metadata } = transaction;
    const json = jsonObject([
      ['namespace', optionalJsonText(namespace)],
      ['networkId', jsonText(networkId)],
      ['reference', jsonText(reference)],
      ['metadata', metadata === undefined ? undefined : writeMetadata(metadata)],
    ]);
    return {
      type: contentType,
      parameters: {},
      fallback: transactionFallback(transaction),
      content: jsonBytes(json),
    };
  },
  decode: ({ content }) => {
    const fields = JsonFields.parse(contentType, content);
    const namespace = fields.optionalText('namespace');
    const metadata = fields.optionalFields('metadata');
    return {
      ...(namespace !== undefined && { namespace }),
      networkId: readNetworkId(fields),
      reference: fields.text('reference'),
      ...(metadata !== undefined && { metadata: readMetadata(metadata) }),
    };
  },
  fallback: transactionFallback,
  shouldPush: () => true,
};

function transactionFallback({ reference }: TransactionReference): string {
  return reference === ''
    ? 'Crypto transaction'
    : `[Crypto transaction] Use a blockchain explorer to learn more using the transaction hash: ${reference}`;
}

function writeMetadata(metadata: TransactionMetadata): string {
  const { transactionType, currency, amount, decimals, fromAddress, toAddress } = metadata;
  if (!Number.isFinite(amount)) throw invalid('amount', 'must be a finite number');
  if (!isU32(decimals)) throw invalid('decimals', 'must be a whole number below 2^32');
  return jsonObject([
    ['transactionType', jsonText(transactionType)],
    ['currency', jsonText(currency)],
    ['amount', jsonFloat(amount)],
    ['decimals', String(decimals)],
    ['fromAddress', jsonText(fromAddress)],
    ['toAddress', jsonText(toAddress)],
  ]);
}

function readMetadata(fields: JsonFields): TransactionMetadata {
  const decimals = fields.number('decimals');
  if (!isU32(decimals)) throw malformed(contentType, 'decimals');
  return {
    transactionType: fields.text('transactionType'),
    currency: fields.text('currency'),
    amount: fields.number('amount'),
    decimals,
    fromAddress: fields.text('fromAddress'),
    toAddress: fields.text('toAddress'),
  };
}

function readNetworkId(fields: JsonFields): string {
  const value = fields.get('networkId');
  if (typeof value !== 'number') return fields.text('networkId');
  if (!Number.isInteger(value)) return jsonFloat(value);
  // Beyond this the parser has rounded it: no network id is better than another network's.
  if (!Number.isSafeInteger(value)) throw malformed(contentType, 'networkId');
  return String(value);
}

function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_U32;
}

function invalid(field: string, reason: string): ContentError {
  return new ContentError('content/invalid-value', { typeId: contentType.typeId, field, reason });
}
