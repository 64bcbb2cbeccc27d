import { MlsApi } from '@conclave/proto';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../grpc-status.js';
import { onCleanup } from '../log/log.testkit.js';

describe('tracing', () => {
  it('makes a span for each call when an SDK was loaded before the node, with the status and nothing of the request', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    onCleanup(() => void trace.disable());
    // Only now: the node looks for an SDK when it is loaded.
    const { startTestNode } = await import('../node.testkit.js');
    const { client } = await startTestNode();

    await client.call(MlsApi.method.queryGroupMessages, { groupId: new Uint8Array(16) });
    await client.call(MlsApi.method.queryGroupMessages, {}).catch(() => undefined);

    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name, kind, attributes }) => ({ name, kind, attributes }))).toEqual(
      [GrpcStatus.OK, GrpcStatus.UNKNOWN].map((status) => ({
        name: 'xmtp.mls.api.v1.MlsApi/QueryGroupMessages',
        kind: SpanKind.SERVER,
        attributes: {
          'rpc.system': 'grpc',
          'rpc.service': 'xmtp.mls.api.v1.MlsApi',
          'rpc.method': 'QueryGroupMessages',
          'rpc.grpc.status_code': status,
        },
      })),
    );
    expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
  });
});
