/**
 * Descriptors that are made when something first asks for them. Making objects of all that the generated code describes
 * would be a fifth of what it takes to load an application that uses a few.
 *
 * A stand-in has every property of what it stands for. The functions of this package that take a descriptor give the library the real one.
 */
import type { DescEnum, DescFile, DescMessage, DescService } from '@bufbuild/protobuf';
import * as library from '@bufbuild/protobuf/codegenv2';
import { fileDescriptor, type PlainFile } from './file-descriptor.js';

type Keys<Desc> = Desc extends unknown ? keyof Desc : never;
type Key = Exclude<Keys<DescFile | DescMessage | DescEnum | DescService>, symbol>;

/** All names that a descriptor of whatever kind has; the compiler sees to it that none is missing. */
const KEYS: Readonly<Record<Key, true>> = {
  kind: true,
  typeName: true,
  name: true,
  file: true,
  parent: true,
  deprecated: true,
  proto: true,
  toString: true,
  fields: true,
  field: true,
  oneofs: true,
  members: true,
  nestedEnums: true,
  nestedMessages: true,
  nestedExtensions: true,
  values: true,
  value: true,
  open: true,
  sharedPrefix: true,
  methods: true,
  method: true,
  edition: true,
  dependencies: true,
  enums: true,
  messages: true,
  extensions: true,
  services: true,
};

class StandIn {
  readonly #make: () => object;
  #made: object | undefined;

  constructor(make: () => object) {
    this.#make = make;
  }

  static realOf(standIn: StandIn): object {
    standIn.#made ??= standIn.#make();
    return standIn.#made;
  }
}
for (const key of Object.keys(KEYS)) {
  Object.defineProperty(StandIn.prototype, key, {
    get(this: StandIn): unknown {
      return Reflect.get(StandIn.realOf(this), key);
    },
  });
}

/** What a descriptor stands for, which may be itself. */
export function real<Desc extends object>(desc: Desc): Desc {
  return desc instanceof StandIn ? (StandIn.realOf(desc) as Desc) : desc;
}

function lazily<Desc extends object>(make: () => Desc): Desc {
  return new StandIn(make) as unknown as Desc;
}

/** As `fileDesc` of the library, which takes bytes. @param plain - gives what the file is, once it is asked for */
export const fileDesc = (plain: () => PlainFile, imports?: readonly DescFile[]): DescFile =>
  lazily(() => fileDescriptor(plain(), imports?.map(real)));

/** As `messageDesc` of the library. */
export const messageDesc: typeof library.messageDesc = (file, ...path) =>
  lazily(() => library.messageDesc(real(file), ...path));

/** As `enumDesc` of the library. */
export const enumDesc: typeof library.enumDesc = (file, ...path) => lazily(() => library.enumDesc(real(file), ...path));

/** As `serviceDesc` of the library. */
export const serviceDesc: typeof library.serviceDesc = (file, ...path) =>
  lazily(() => library.serviceDesc(real(file), ...path));
