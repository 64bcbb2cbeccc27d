/**
 * Slots of invitations (XIP-82): where the state of a group lies for those who have its link, encrypted with the link's key, which the node
 * never sees. Whoever knows a slot's name may read it and add to it, and the last few states stay: it is for the joiner to tell who signed one.
 *
 *     POST /invites/{name}    body: a state     answer: "kept"
 *     GET  /invites/{name}                      answer: the states, oldest first, each behind its length (4 bytes, big-endian)
 *
 * `name`: 8 to 128 characters of lower-case hex. One file is one state, so that nodes may share the folder.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { makeFolder } from '@conclave/sqlite/node';
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import { sendText } from './send-text.js';
import { sendStorageFailure } from './storage-failure.js';

/** Name of the folder in the data directory. */
export const INVITES_FOLDER = 'invites';
const PARTIAL = '.part';
const NAME = /^(?:[0-9a-f]{2}){4,64}$/;
const NS_PER_DAY = 86_400_000_000_000n;
/** Digits of a time in ns since 1970, so that names sort by it. */
const TIME_DIGITS = 20;

/** Begin of the paths. */
export const INVITE_SLOTS = '/invites/';

/** What it needs. */
export interface InviteSlotsOptions {
  readonly dataDir: string;
  readonly limits: Pick<NodeLimits, 'inviteStateBytes' | 'inviteStates' | 'inviteDays'>;
  readonly logger: Logger;
  readonly nowNs: () => bigint;
}

/** The folder of slots, and the two requests that write and read one. */
export class InviteSlots {
  readonly #directory: string;
  readonly #options: InviteSlotsOptions;
  /** States of one moment stay in their order. */
  #count = 0;

  private constructor(directory: string, options: InviteSlotsOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Opens the folder in the data directory, and removes what is too old. */
  static async open(options: InviteSlotsOptions): Promise<InviteSlots> {
    const directory = join(options.dataDir, INVITES_FOLDER);
    makeFolder(directory);
    const slots = new InviteSlots(directory, options);
    await slots.sweep();
    return slots;
  }

  /** Removes slots that nobody has added to for `inviteDays`. Cost: one look into each. */
  async sweep(): Promise<void> {
    const { limits, nowNs } = this.#options;
    if (!Number.isFinite(limits.inviteDays)) return;
    const oldest = nameOfTime(nowNs() - BigInt(Math.round(limits.inviteDays)) * NS_PER_DAY);
    for (const name of await readdir(this.#directory)) {
      const slot = join(this.#directory, name);
      const newest = (await statesOf(slot)).at(-1);
      if (newest === undefined || newest < oldest) await rm(slot, { recursive: true, force: true });
    }
  }

  /** Answers a request for a slot; false when the path is none. */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const name = path.startsWith(INVITE_SLOTS) ? path.slice(INVITE_SLOTS.length) : '';
    if (!NAME.test(name)) return false;
    const slot = join(this.#directory, name);
    if (request.method === 'POST') await this.#put(slot, request, response);
    else if (request.method === 'GET') await this.#list(slot, response);
    else return false;
    return true;
  }

  async #put(slot: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { limits, logger, nowNs } = this.#options;
    const count = String(this.#count++).padStart(TIME_DIGITS, '0');
    const file = join(slot, `${nameOfTime(nowNs())}-${count}-${randomBytes(4).toString('hex')}`);
    try {
      const state = await readWhole(request, limits.inviteStateBytes);
      if (state === undefined) {
        response.setHeader('connection', 'close');
        request.resume();
        sendText(response, 413, `The state is larger than the ${limits.inviteStateBytes} bytes that this node keeps.`);
        return;
      }
      makeFolder(slot);
      await writeFile(file + PARTIAL, state, { flush: true });
      await rename(file + PARTIAL, file);
      const over = (await statesOf(slot)).slice(0, -limits.inviteStates);
      for (const each of over) await rm(join(slot, each), { force: true });
      sendText(response, 200, 'kept');
    } catch (error) {
      // What is wrong with the disk is told by what failed first.
      await rm(file + PARTIAL, { force: true }).catch(() => undefined);
      // Who has left needs no answer.
      if (response.destroyed || response.socket?.destroyed) return;
      const { code } = error as NodeJS.ErrnoException;
      logger.error({ event: 'invite-state-failed', reason: code });
      sendStorageFailure(response, code, 'The node could not keep the state.');
    }
  }

  async #list(slot: string, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for (const name of await statesOf(slot)) {
      // Another process may have taken it away meanwhile.
      const state = await readFile(join(slot, name)).catch(() => undefined);
      if (state === undefined) continue;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(state.length);
      parts.push(length, state);
    }
    const body = Buffer.concat(parts);
    const headers = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };
    response.writeHead(200, { ...headers, 'content-length': body.length, 'cache-control': 'no-store' });
    response.end(body);
  }
}

const nameOfTime = (atNs: bigint) => String(atNs).padStart(TIME_DIGITS, '0');

/** Names of what is in a slot, oldest first; nothing where there is no such slot. */
async function statesOf(slot: string): Promise<string[]> {
  const names = await readdir(slot).catch(() => []);
  return names.filter((name) => !name.endsWith(PARTIAL)).sort();
}

/** @returns undefined when it is larger; the rest is then still to be read */
async function readWhole(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
