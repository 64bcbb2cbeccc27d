/**
 * The hook for OpenTelemetry: a span for every call, made through @opentelemetry/api when the operator has loaded an SDK into the
 * process (`node --import ./otel.mjs …`). Where nobody did, the API is not even loaded. Spans name the rpc and its status; they hold
 * nothing of the request and nothing of who made it.
 */
import type { Span } from '@opentelemetry/api';
import { GrpcStatus, type GrpcStatusCode } from '../grpc-status.js';
import { NODE_VERSION } from '../version.js';

/** The span of a call. */
export interface CallSpan {
  end(status: GrpcStatusCode): void;
}

/** Where every copy of the API's first major version finds what an SDK has registered (opentelemetry-js, `internal/global-utils`). */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

const api = REGISTERED in globalThis ? await import('./open-telemetry.js') : undefined;

/** Begins a span; undefined when nobody traces, which costs nothing then. */
export function startCallSpan(path: string | undefined): CallSpan | undefined {
  if (path === undefined || api === undefined) return undefined;
  const [, service = '', method = ''] = path.split('/');
  const span = api.trace.getTracer('conclave-node', NODE_VERSION).startSpan(path.slice(1), {
    kind: api.SpanKind.SERVER,
    attributes: { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method },
  });
  return { end: (status) => endSpan(span, status, api.SpanStatusCode.ERROR) };
}

function endSpan(span: Span, status: GrpcStatusCode, failed: 2): void {
  span.setAttribute('rpc.grpc.status_code', status);
  if (status === GrpcStatus.INTERNAL) span.setStatus({ code: failed });
  span.end();
}
