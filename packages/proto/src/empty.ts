/** google/protobuf/empty.proto, described as the generated files are: the library's own is made of bytes, with all that it takes to read them. */
import type { Message } from '@bufbuild/protobuf';
import type { GenFile, GenMessage } from '@bufbuild/protobuf/codegenv2';
import { fileDesc, messageDesc } from './lazy-descriptors.js';

/** Describes the file google/protobuf/empty.proto. */
export const file_google_protobuf_empty: GenFile = /*@__PURE__*/ fileDesc(() => ({
  name: 'google/protobuf/empty.proto',
  package: 'google.protobuf',
  messageType: [{ name: 'Empty' }],
  syntax: 'proto3',
}));

/** The message google.protobuf.Empty: nothing. */
export type Empty = Message<'google.protobuf.Empty'>;

/** Describes the message google.protobuf.Empty. */
export const EmptySchema: GenMessage<Empty> = /*@__PURE__*/ messageDesc(file_google_protobuf_empty, 0);
