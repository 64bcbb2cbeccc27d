/**
 * Welcomes that a stream or a page has left out, and gone on behind: those that became visible late at a node that numbers what it is given in
 * several places, and those that a proxy has lost. Nothing else tells of them, so the node is asked once more for what has come of late, a
 * minute after it came.
 */
import type { WelcomeMessage } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { type Page, pageAfter } from '../network/pages.js';
import { getCursor } from '../store/cursors.js';
import { oldestUnsettledNs, settleWelcomes } from '../store/passed-welcomes.js';
import { receiveWelcome } from './receive.js';
import { WELCOME_LOCK } from './welcome-lock.js';
import { welcomeTopic } from './welcome-topic.js';

/** What becomes visible late does so within this time. */
const VISIBLE_WITHIN_NS = 60n * NS_PER_SECOND;
/** Between two looks, at least: anybody can send welcomes, a few a minute. */
const REST_NS = 600n * NS_PER_SECOND;

const lastLook = new WeakMap<ClientContext, bigint>();

/**
 * Asks again for the welcomes of late, if that is due, and follows those that were not seen.
 * @throws NetworkError; ClientError `client/node-answer-malformed`; what is wrong with this device
 * Cost: one look-up while no welcome has come since the last look; else a call, which brings the welcomes of late (a hundred at most) once more.
 */
export async function takeLeftOutWelcomes(ctx: ClientContext): Promise<void> {
  const nowNs = ctx.host.nowNs();
  const oldestNs = oldestUnsettledNs(ctx.db);
  if (oldestNs === undefined || !hasPassed(oldestNs, VISIBLE_WITHIN_NS, nowNs)) return;
  const last = lastLook.get(ctx);
  if (last !== undefined && !hasPassed(last, REST_NS, nowNs)) return;
  lastLook.set(ctx, nowNs);
  await ctx.locks.run(WELCOME_LOCK, async () => {
    const { installationId, installationIdBytes } = ctx.identity;
    const topic = welcomeTopic(ctx, installationIdBytes);
    const end = getCursor(ctx.db, installationId, 'welcome');
    let cursor: bigint | undefined = getCursor(ctx.db, installationId, 'welcome-complete');
    while (cursor !== undefined && cursor < end) {
      const page: Page<WelcomeMessage> = await pageAfter(ctx, topic, cursor);
      for (const welcome of page.items) {
        const id = await receiveWelcome(ctx, welcome);
        if (id !== undefined) ctx.host.log?.info('left-out-welcome-found', { sequenceId: welcome.version.value?.id });
      }
      cursor = page.next;
    }
    ctx.db.transaction(() => settleWelcomes(ctx.db, installationId, nowNs - VISIBLE_WITHIN_NS));
  });
}
