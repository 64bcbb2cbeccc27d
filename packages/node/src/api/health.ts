/** grpc.health.v1.Health: SERVING while the node is ready and its log works. Source: gRPC health checking protocol. */
import {
  create,
  Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
  toBinary,
} from '@conclave/proto';
import type { NodeContext } from '../context.js';
import { NodeError } from '../errors.js';
import type { StreamSink } from '../fanout/sink.js';
import { frameOf } from '../frame.js';
import { type Rpc, serverStreamRpc, unaryRpc } from './rpc.js';

/** How soon those who watch hear of a database that has gone or is back, ms. */
const LOOK_MS = 500;

/** Names that may be asked for; the empty one is the node as a whole. */
const SERVICES: ReadonlySet<string> = new Set([
  '',
  'xmtp.mls.api.v1.MlsApi',
  'xmtp.identity.api.v1.IdentityApi',
  'xmtp.message_api.v1.MessageApi',
]);

/** `Health.Check`. Refuses an unknown service with NOT_FOUND. */
export function healthCheck(context: NodeContext): Rpc {
  return unaryRpc(Health.method.check, async ({ service }) => {
    if (!SERVICES.has(service)) throw new NodeError('node/unknown-service');
    return { status: servingStatus(context) };
  });
}

/** Sends the present status and each that follows it; the last is NOT_SERVING, when the node begins to stop. */
export function healthWatch(context: NodeContext): Rpc {
  return serverStreamRpc(Health.method.watch, ({ service }, sink) => watch(context, service, sink));
}

async function watch(context: NodeContext, service: string, sink: StreamSink): Promise<void> {
  if (sink.signal.aborted) return;
  let sent: Status | undefined;
  const send = (status: Status) => {
    if (status === sent) return;
    sent = status;
    sink.write(frameOf(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))));
  };
  const look = () => send(SERVICES.has(service) ? servingStatus(context) : Status.SERVICE_UNKNOWN);
  let leave = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve) => {
      const end = () => {
        send(Status.NOT_SERVING);
        resolve();
      };
      leave = context.hub.subscribe({ offer: () => undefined, end }, []);
      sink.signal.addEventListener('abort', () => resolve(), { once: true });
      sink.open();
      look();
      timer = setInterval(look, LOOK_MS);
    });
  } finally {
    clearInterval(timer);
    leave();
  }
}

function servingStatus({ log, isReady }: NodeContext): Status {
  return isReady() && log.healthy ? Status.SERVING : Status.NOT_SERVING;
}
