/** Endpoints of chains as an application names them, as the core asks them. */
import { type Fetch, type JsonRpcCall, jsonRpcOver } from '@conclave/identity';
import { SdkError } from './errors.js';
import type { HttpFetch } from './transport/http-fetch.js';

/** URLs by EIP-155 chain id. */
export type ChainEndpoints = Readonly<Record<string, string>>;

const VARIABLE = /^CHAIN_RPC_(\d{1,19})$/;
/** An endpoint that says nothing for so long counts as one that cannot be asked. */
const CALL_TIMEOUT_MS = 20_000;

function inTime(fetch: HttpFetch): Fetch {
  return (url, { signal, ...init }) => {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return fetch(url, { ...init, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  };
}

/** What the variables `CHAIN_RPC_<id>` of a process say, as deployed clients read them. */
export function chainsOfVariables(variables: Readonly<Record<string, string | undefined>>): ChainEndpoints {
  const found: Record<string, string> = {};
  for (const [name, url] of Object.entries(variables)) {
    const id = VARIABLE.exec(name)?.[1];
    if (id !== undefined && url !== undefined && url !== '') found[id] = url;
  }
  return found;
}

/** @throws SdkError `sdk/bad-option` for an id that is no number, and for an address that is none; the address itself, which may hold a key, is not told */
export function chainCalls(endpoints: ChainEndpoints, fetch: HttpFetch): ReadonlyMap<bigint, JsonRpcCall> {
  return new Map(
    Object.entries(endpoints).map(([id, url]) => {
      const isUsable = /^\d{1,19}$/.test(id) && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
      if (!isUsable)
        throw new SdkError('sdk/bad-option', { option: 'chains', chain: id, expected: 'http(s) URLs by chain id' });
      return [BigInt(id), jsonRpcOver(inTime(fetch), url)];
    }),
  );
}
