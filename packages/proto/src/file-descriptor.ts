/**
 * Descriptors of files (google/protobuf/descriptor.proto) out of plain objects, as the generated code has them: what is set, and nothing else. The
 * library keeps them as bytes, and to read those makes descriptors of descriptor.proto itself first: 24 kB of code, and 10 ms of a page that has
 * not run it before.
 */
import { createFileRegistry, type DescFile } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';

/** `FieldDescriptorProto`. */
export interface PlainField {
  readonly name: string;
  readonly number: number;
  readonly label: number;
  readonly type: number;
  readonly typeName?: string;
  readonly jsonName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly options?: object;
}

/** `DescriptorProto`. */
export interface PlainMessage {
  readonly name: string;
  readonly field?: readonly PlainField[];
  readonly nestedType?: readonly PlainMessage[];
  readonly enumType?: readonly PlainEnum[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly reservedRange?: readonly { readonly start: number; readonly end: number }[];
  readonly reservedName?: readonly string[];
  readonly options?: object;
}

/** `EnumDescriptorProto`. */
export interface PlainEnum {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number; readonly options?: object }[];
  readonly options?: object;
}

/** `ServiceDescriptorProto`. */
export interface PlainService {
  readonly name: string;
  readonly method: readonly {
    readonly name: string;
    readonly inputType: string;
    readonly outputType: string;
    readonly clientStreaming?: boolean;
    readonly serverStreaming?: boolean;
    readonly options?: object;
  }[];
}

/** `FileDescriptorProto`, without its dependencies. */
export interface PlainFile {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly PlainMessage[];
  readonly enumType?: readonly PlainEnum[];
  readonly service?: readonly PlainService[];
  readonly syntax: string;
}

/** What fields have that are not set; what is inherited counts as not set. */
const type = (name: string, defaults: object) => ({ $typeName: `google.protobuf.${name}`, ...defaults });
const FILE = type('FileDescriptorProto', {
  edition: 0,
  dependency: [],
  publicDependency: [],
  weakDependency: [],
  optionDependency: [],
  messageType: [],
  enumType: [],
  service: [],
  extension: [],
});
const MESSAGE = type('DescriptorProto', {
  field: [],
  extension: [],
  nestedType: [],
  enumType: [],
  extensionRange: [],
  oneofDecl: [],
  reservedRange: [],
  reservedName: [],
  visibility: 0,
});
const FIELD = type('FieldDescriptorProto', {
  typeName: '',
  extendee: '',
  defaultValue: '',
  oneofIndex: 0,
  proto3Optional: false,
});
const ENUM = type('EnumDescriptorProto', { reservedRange: [], reservedName: [], visibility: 0 });
const SERVICE = type('ServiceDescriptorProto', {});
const METHOD = type('MethodDescriptorProto', { clientStreaming: false, serverStreaming: false });
const ENUM_VALUE = type('EnumValueDescriptorProto', {});
const ONEOF = type('OneofDescriptorProto', {});
const RANGE = type('DescriptorProto.ReservedRange', {});

const made = <T extends object>(defaults: object, set: T): T => Object.assign(Object.create(defaults), set);
const all = <T, R>(list: readonly T[] = [], make: (each: T) => R): R[] => list.map(make);

const field = (plain: PlainField) =>
  made(FIELD, { ...plain, jsonName: plain.jsonName ?? protoCamelCase(plain.name), ...optionsOf('Field', plain) });
const value = (plain: PlainEnum['value'][number]) => made(ENUM_VALUE, { ...plain, ...optionsOf('EnumValue', plain) });
const enumeration = (plain: PlainEnum) =>
  made(ENUM, { ...plain, value: all(plain.value, value), ...optionsOf('Enum', plain) });
const method = (plain: PlainService['method'][number]) => made(METHOD, { ...plain, ...optionsOf('Method', plain) });
const service = (plain: PlainService) => made(SERVICE, { ...plain, method: all(plain.method, method) });
function message(plain: PlainMessage): object {
  return made(MESSAGE, {
    ...plain,
    field: all(plain.field, field),
    nestedType: all(plain.nestedType, message),
    enumType: all(plain.enumType, enumeration),
    oneofDecl: all(plain.oneofDecl, (each) => made(ONEOF, each)),
    reservedRange: all(plain.reservedRange, (each) => made(RANGE, each)),
    ...optionsOf('Message', plain),
  });
}

/** Options that are not set are undefined, whatever their default: nothing in use asks for others. */
function optionsOf(of: string, { options }: { readonly options?: object }): object {
  return options === undefined ? {} : { options: type(`${of}Options`, { uninterpretedOption: [], ...options }) };
}

/** @param imports - the files that this one stands on */
export function fileDescriptor(plain: PlainFile, imports: readonly DescFile[] = []): DescFile {
  const proto = made(FILE, {
    ...plain,
    dependency: imports.map((file) => file.proto.name),
    messageType: all(plain.messageType, message),
    enumType: all(plain.enumType, enumeration),
    service: all(plain.service, service),
  });
  const registry = createFileRegistry(proto as unknown as DescFile['proto'], (name) =>
    imports.find((file) => file.proto.name === name),
  );
  return registry.getFile(plain.name) as DescFile;
}
