/**
 * The API of OpenTelemetry, which is loaded by `import()` where it is wanted. In a module of its own since it is written in the older module
 * system: of such a library a bundle gives `import()` no names.
 */
export { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
