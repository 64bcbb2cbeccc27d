/**
 * grpc.reflection.v1.ServerReflection, and v1alpha under its older name, which most tools still ask first: `grpcurl HOST list`
 * works. Answers come from the descriptors that the code was generated from.
 *
 * Source: gRPC server reflection protocol.
 */
import type { DescFile } from '@bufbuild/protobuf';
import { toBinary as encodeDescriptor } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  create,
  Health,
  IdentityApi,
  MessageApi,
  MlsApi,
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
  toBinary,
} from '@conclave/proto';
import { frameOf } from '../frame.js';
import { GrpcStatus } from '../grpc-status.js';
import { duplexRpc, forEachRequest, type Rpc } from './rpc.js';

const SERVICES = [MlsApi, IdentityApi, MessageApi, Health, ServerReflection];
const ALPHA_PATH = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** `ServerReflection.ServerReflectionInfo`. What it does not know it answers with an error of its own, not with a status. */
export function serverReflection(): Rpc {
  return duplexRpc(ServerReflection.method.serverReflectionInfo, async (requests, sink) => {
    sink.open();
    await forEachRequest(requests, async (request) => {
      const messageResponse = answerOf(request);
      const response = create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse,
      } as never);
      if (!sink.write(frameOf(toBinary(ServerReflectionResponseSchema, response)))) await sink.drained();
    });
  });
}

/** The same under v1alpha: the messages have the same numbers. */
export function serverReflectionAlpha(): Rpc {
  return { ...serverReflection(), path: ALPHA_PATH };
}

function answerOf({ messageRequest }: ServerReflectionRequest): Answer {
  switch (messageRequest.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse',
        value: { service: SERVICES.map(({ typeName }) => ({ name: typeName })) } as never,
      };
    case 'fileByFilename':
      return filesResponse(messageRequest.value, (file) => file.proto.name === messageRequest.value);
    case 'fileContainingSymbol':
      return filesResponse(messageRequest.value, (file) => declares(file, messageRequest.value));
    case undefined:
      return failure(GrpcStatus.INVALID_ARGUMENT, 'the request names nothing');
    default:
      return failure(GrpcStatus.NOT_FOUND, 'these files declare no extensions');
  }
}

/** The first file that fits, and everything that it imports. */
function filesResponse(name: string, fits: (file: DescFile) => boolean): Answer {
  const file = ALL_FILES.find(fits);
  if (file === undefined) return failure(GrpcStatus.NOT_FOUND, `not found: ${name.slice(0, 120)}`);
  const fileDescriptorProto = withImports([file]).map((each) =>
    encodeDescriptor(FileDescriptorProtoSchema, each.proto),
  );
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } as never };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } as never };
}

/** Each file once, what it imports behind it. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const seen = new Set<DescFile>();
  const visit = (file: DescFile): void => {
    if (seen.has(file)) return;
    seen.add(file);
    file.dependencies.forEach(visit);
  };
  files.forEach(visit);
  return [...seen];
}

const ALL_FILES = withImports(SERVICES.map(({ file }) => file));

/** A message, enum or service of the file, or a method of a service. */
function declares(file: DescFile, symbol: string): boolean {
  const own = [...file.messages, ...file.enums, ...file.services].map(({ typeName }) => typeName);
  return own.some((name) => symbol === name || symbol.startsWith(`${name}.`));
}
