/** Descriptors made of plain objects: what they say of themselves as bytes is read by the library as the same. */
import {
  createFileRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import * as proto from './index.js';

const files = new Map<string, DescFile>();
function collect(file: DescFile): void {
  files.set(file.proto.name, file);
  for (const each of file.dependencies) collect(each);
}
for (const each of Object.values(proto) as unknown[]) {
  if (typeof each === 'object' && each !== null && 'file' in each) collect(each.file as DescFile);
}

/** The library's own, of the bytes of ours. */
function reread(file: DescFile): DescFile {
  const bytes = toBinary(FileDescriptorProtoSchema, file.proto);
  const own = createFileRegistry(fromBinary(FileDescriptorProtoSchema, bytes), (name) => files.get(name));
  return own.getFile(file.proto.name) as DescFile;
}

const fieldFacts = (field: DescField): unknown => ({
  name: field.name,
  localName: field.localName,
  jsonName: field.jsonName,
  number: field.number,
  fieldKind: field.fieldKind,
  scalar: field.scalar,
  message: field.message?.typeName,
  enum: field.enum?.typeName,
  oneof: field.oneof?.localName,
  presence: field.presence,
  isPacked: field.fieldKind === 'list' ? field.packed : undefined,
  listKind: field.fieldKind === 'list' ? field.listKind : undefined,
  mapKey: field.fieldKind === 'map' ? field.mapKey : undefined,
  isDeprecated: field.deprecated,
  validation: field.utf8Validation,
});
const messageFacts = (message: DescMessage): unknown => ({
  typeName: message.typeName,
  fields: message.fields.map(fieldFacts),
  members: message.members.map(({ localName }) => localName),
});
const factsOf = (file: DescFile): unknown => ({
  edition: file.edition,
  dependencies: file.dependencies.map(({ name }) => name),
  types: [...nestedTypes(file)].map((type) => {
    if (type.kind === 'message') return messageFacts(type);
    if (type.kind === 'enum') {
      return {
        name: type.typeName,
        isOpen: type.open,
        values: type.values.map(({ name, localName, number }) => [name, localName, number]),
      };
    }
    return type.typeName;
  }),
  services: file.services.map(({ typeName, methods }) => [
    typeName,
    methods.map((each) => [each.name, each.methodKind, each.input.typeName, each.output.typeName, each.deprecated]),
  ]),
});

describe('file descriptors', () => {
  it.each([...files])('%s is as the library reads it', (_, file) => {
    expect(factsOf(file)).toEqual(factsOf(reread(file)));
  });

  it('are those of all files', () => {
    expect(files.size).toBeGreaterThan(28);
  });
});
