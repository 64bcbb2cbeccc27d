/**
 * The hook for OpenTelemetry: a span for every call, made through @opentelemetry/api, which does nothing unless the operator
 * loads an SDK into the process (`node --import ./otel.mjs …`). Spans name the rpc and its status; they hold nothing of
 * the request and nothing of who made it.
 */
import { ProxyTracerProvider, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { GrpcStatus, type GrpcStatusCode } from '../grpc-status.js';
import { NODE_VERSION } from '../version.js';

/** The span of a call. */
export interface CallSpan {
  end(status: GrpcStatusCode): void;
}

/** Begins a span; undefined when nobody traces, which costs nothing then. */
export function startCallSpan(path: string | undefined): CallSpan | undefined {
  if (path === undefined || !isTracing()) return undefined;
  const [, service = '', method = ''] = path.split('/');
  const span = trace.getTracer('conclave-node', NODE_VERSION).startSpan(path.slice(1), {
    kind: SpanKind.SERVER,
    attributes: { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method },
  });
  return { end: (status) => endSpan(span, status) };
}

/** The API hands out a proxy until an SDK registers itself. */
function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate().constructor.name !== 'NoopTracerProvider';
}

function endSpan(span: Span, status: GrpcStatusCode): void {
  span.setAttribute('rpc.grpc.status_code', status);
  if (status === GrpcStatus.INTERNAL) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
