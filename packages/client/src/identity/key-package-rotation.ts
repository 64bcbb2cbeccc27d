/**
 * Rotation of our key package. The node holds one per installation and gives it to everybody who adds us, so it is
 * replaced soon after a welcome has used it, and monthly. The superseded one stays for a day, for welcomes that are on
 * their way, and is then deleted with its private keys (RFC 9420 section 16.8; figures of libxmtp 1.10.0).
 *
 * Due times are in the database; `tickKeyPackages` does whatever is due and may be called at any time.
 */
import { create, UploadKeyPackageRequestSchema } from '@conclave/proto';
import type { Database } from '@conclave/sqlite';
import type { ClientContext } from '../context.js';
import { hasPassed, NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { advanceKeyPackageDue, getInstallation, setKeyPackageDue } from '../store/installation.js';
import {
  deleteExpiredKeyPackages,
  getCurrentKeyPackage,
  insertKeyPackage,
  keepNewestKeyPackages,
  lastKeyPackageDeletion,
  markKeyPackageUploaded,
  nextKeyPackageDeletion,
  type PublicKeyPackage,
  supersedeKeyPackages,
  wipeKeyPackage,
} from '../store/key-packages.js';
import { createInstallationKeyPackage } from './key-package.js';

/** From one rotation to the next. */
export const ROTATION_INTERVAL_NS = 30n * NS_PER_DAY;
/** From a welcome to the rotation it causes; further welcomes in between cause no second one. */
export const ROTATION_AFTER_WELCOME_NS = 5n * NS_PER_SECOND;
/** How long a superseded key package can still be joined with. */
export const SUPERSEDED_LIFE_NS = 24n * NS_PER_HOUR;
/** How long it can be joined with in any case; whoever is invited all the time rotates as often as this. */
export const LEAST_SUPERSEDED_LIFE_NS = NS_PER_HOUR;
/** The current key package and the one before it, or the next one. */
const MAX_KEY_PACKAGES = 2;
/** From a failed upload to the next try. */
const RETRY_AFTER_NS = 60n * NS_PER_SECOND;

/** A key package that was made and, as far as we know, not uploaded is used up to this age. */
const REUSE_NS = ROTATION_INTERVAL_NS;

/** A welcome, good or bad, has used the key package: it is replaced in five seconds, unless it is due sooner. */
export function queueKeyPackageRotation(db: Database, nowNs: bigint): void {
  advanceKeyPackageDue(db, nowNs + ROTATION_AFTER_WELCOME_NS);
}

/**
 * The key package to upload: the newest one if it was made lately and never uploaded (a crash came between), else a new
 * one. It is stored when this returns, and its private keys are nowhere else.
 */
export function prepareKeyPackage(ctx: ClientContext): PublicKeyPackage {
  const nowNs = ctx.host.nowNs();
  let dropped = 0;
  const prepared = ctx.db.transaction(() => {
    const current = getCurrentKeyPackage(ctx.db);
    if (
      current !== undefined &&
      current.uploadedAtNs === undefined &&
      !hasPassed(current.createdAtNs, REUSE_NS, nowNs)
    ) {
      return current;
    }
    const { suite, identity, host } = ctx;
    const created = createInstallationKeyPackage({ suite, identity, nowNs, random: host.random });
    // The first of an installation supersedes none.
    if (current !== undefined) dropped = keepNewestKeyPackages(ctx.db, MAX_KEY_PACKAGES - 1);
    try {
      insertKeyPackage(ctx.db, created);
    } finally {
      wipeKeyPackage(created);
    }
    return created;
  });
  if (dropped > 0) emptyWriteAheadLog(ctx.db);
  return prepared;
}

/**
 * Uploads a prepared key package and lets it replace the others.
 * @throws NetworkError
 */
export async function uploadKeyPackage(ctx: ClientContext, row: PublicKeyPackage, signal?: AbortSignal): Promise<void> {
  const request = create(UploadKeyPackageRequestSchema, {
    keyPackage: { keyPackageTlsSerialized: row.keyPackage },
    isInboxIdCredential: true,
  });
  await ctx.network.uploadKeyPackage(request, signal);
  const nowNs = ctx.host.nowNs();
  ctx.db.transaction(() => {
    markKeyPackageUploaded(ctx.db, row.ref, nowNs);
    supersedeKeyPackages(ctx.db, row.ref, nowNs + SUPERSEDED_LIFE_NS);
  });
}

/** What a tick did. */
export interface KeyPackageTick {
  readonly rotated: boolean;
  /** Superseded key packages deleted. */
  readonly deleted: number;
}

/**
 * Rotates if it is due, and deletes what has passed its end. Does nothing before the registration. Safe to call
 * concurrently and after a crash at any point.
 *
 * @throws NetworkError when the upload failed; it is due again in a minute
 */
export async function tickKeyPackages(ctx: ClientContext, signal?: AbortSignal): Promise<KeyPackageTick> {
  return ctx.locks.run('key-packages', async () => {
    const deleted = deleteSuperseded(ctx);
    const nowNs = ctx.host.nowNs();
    const dueNs = rotationDueNs(ctx.db, nowNs);
    if (dueNs === undefined || dueNs > nowNs) return { rotated: false, deleted };
    const row = prepareKeyPackage(ctx);
    try {
      await uploadKeyPackage(ctx, row, signal);
    } catch (error) {
      setKeyPackageDue(ctx.db, ctx.host.nowNs() + RETRY_AFTER_NS);
      throw error;
    }
    setKeyPackageDue(ctx.db, ctx.host.nowNs() + ROTATION_INTERVAL_NS);
    ctx.host.log?.debug('key-package-rotated');
    return { rotated: true, deleted };
  });
}

function deleteSuperseded(ctx: ClientContext): number {
  const deleted = deleteExpiredKeyPackages(ctx.db, ctx.host.nowNs());
  if (deleted > 0) emptyWriteAheadLog(ctx.db);
  return deleted;
}

/** Deleted rows are zeroed in the file, but older pages live on in the write-ahead log until it is emptied. */
function emptyWriteAheadLog(db: Database): void {
  db.pragma('wal_checkpoint(TRUNCATE)');
}

/** When the next rotation may be: when it is due, and the last superseded key package has had its hour. */
function rotationDueNs(db: Database, nowNs: bigint): bigint | undefined {
  const dueNs = getInstallation(db)?.keyPackageDueNs;
  // Made by a clock that has been set back since: nobody can use it yet, and nobody could for as long as the clock was ahead.
  if (dueNs !== undefined && dueNs > nowNs + ROTATION_INTERVAL_NS) return nowNs;
  const deletionNs = lastKeyPackageDeletion(db);
  if (dueNs === undefined || deletionNs === undefined) return dueNs;
  const earliestNs = deletionNs - SUPERSEDED_LIFE_NS + LEAST_SUPERSEDED_LIFE_NS;
  return dueNs < earliestNs ? earliestNs : dueNs;
}

/** When `tickKeyPackages` has something to do next; undefined before the registration. */
export function nextKeyPackageTick(db: Database, nowNs: bigint): bigint | undefined {
  const rotationNs = rotationDueNs(db, nowNs);
  const deletionNs = nextKeyPackageDeletion(db);
  if (rotationNs === undefined || deletionNs === undefined) return rotationNs ?? deletionNs;
  return rotationNs < deletionNs ? rotationNs : deletionNs;
}
