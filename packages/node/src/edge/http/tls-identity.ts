/**
 * The certificate and its key, read again without a restart: on SIGHUP, and when either file changes. Open connections keep
 * what they were opened with. A pair that does not fit is reported and the old one stays.
 */
import { X509Certificate } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsConfig } from '../../config.js';
import { NodeError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { NodeMetrics } from '../../metrics/node-metrics.js';

/** Certificate chain and key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Writers of certificates touch several files one after the other; the pair is read when they have been quiet this long, ms. */
const SETTLE_MS = 200;

/** What a TLS port is known by. */
export class TlsIdentity {
  readonly #config: TlsConfig;
  readonly #logger: Logger;
  readonly #metrics: NodeMetrics;
  readonly #listeners = new Set<(pair: KeyPair) => void>();
  readonly #watchers: FSWatcher[] = [];
  #current: KeyPair;
  #settle: NodeJS.Timeout | undefined;

  /** Reads both files and watches them. @throws NodeError `node/tls-unusable` */
  constructor(config: TlsConfig, logger: Logger, metrics: NodeMetrics) {
    this.#config = config;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#current = readKeyPair(config);
    this.#note(this.#current);
    const names = new Set([basename(config.certFile), basename(config.keyFile)]);
    for (const folder of new Set([dirname(config.certFile), dirname(config.keyFile)])) {
      // The folder, not the file: certificates are replaced by renaming, and by moving a symbolic link.
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && !names.has(name) && !name.startsWith('..')) return;
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => this.reload(), SETTLE_MS).unref();
      });
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    }
  }

  /** What new connections are given. */
  get current(): KeyPair {
    return this.#current;
  }

  /** Told of every new pair. */
  onChange(listener: (pair: KeyPair) => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the files again. False when nothing changed or the new pair cannot be used. */
  reload(): boolean {
    try {
      const next = readKeyPair(this.#config);
      if (next.cert === this.#current.cert && next.key === this.#current.key) return false;
      this.#current = next;
      for (const listener of this.#listeners) listener(next);
      this.#note(next);
      this.#metrics.tlsReloads.inc({ outcome: 'ok' });
      this.#logger.info({ event: 'tls-reloaded' });
      return true;
    } catch (error) {
      this.#metrics.tlsReloads.inc({ outcome: 'failed' });
      const reason = error instanceof NodeError ? error.message : String(error);
      this.#logger.error({ event: 'tls-reload-failed', reason });
      return false;
    }
  }

  /** Stops watching. */
  close(): void {
    clearTimeout(this.#settle);
    for (const watcher of this.#watchers) watcher.close();
  }

  #note({ cert }: KeyPair): void {
    this.#metrics.tlsExpiry.set({}, expiryMs(cert) / 1000);
  }
}

/** When the first certificate of a chain ends, ms since 1970. */
export function expiryMs(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

/** Reads a pair and makes sure that it fits. @throws NodeError `node/tls-unusable` */
export function readKeyPair({ certFile, keyFile }: Pick<TlsConfig, 'certFile' | 'keyFile'>): KeyPair {
  try {
    const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new NodeError('node/tls-unusable', { certFile, keyFile, reason }, cause);
  }
}
