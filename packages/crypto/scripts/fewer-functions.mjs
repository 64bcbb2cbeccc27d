/**
 * Takes the bodies out of a WebAssembly module's functions that nothing in use can reach (WebAssembly core specification 2.0, section 5: the
 * binary format). What is called from outside is named; from there calls are followed, and everything that stands in a table counts as
 * called once something is called through a table. Numbers of functions stay as they are: an empty body traps, should it be called after all.
 */

const SECTION = { import: 2, export: 7, element: 9, code: 10 };
/** `unreachable`, `end`, after no locals: any function's type allows it. */
const TRAP = Uint8Array.of(0, 0x00, 0x0b);

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** LEB128; the value is right for what is unsigned and below 2^32. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  skip(length) {
    this.at += length;
  }

  take(length) {
    this.skip(length);
    return this.bytes.subarray(this.at - length, this.at);
  }

  list(read) {
    return Array.from({ length: this.number() }, read);
  }
}

const numberBytes = (value) => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
};

/**
 * Reads instructions up to the end of the reader.
 * @param note - told each function that is called or referred to
 * @param noteTable - called for a call through a table
 */
function followCode(reader, note, noteTable) {
  while (reader.at < reader.end) {
    const opcode = reader.byte();
    if (opcode === 0x10 || opcode === 0xd2) note(reader.number());
    else if (opcode >= 0x28 && opcode <= 0x3e) for (const _ of [1, 2]) reader.number();
    else if (opcode === 0x11) {
      noteTable();
      for (const _ of [1, 2]) reader.number();
    } else if (opcode === 0x0e) for (const _ of [...reader.list(() => reader.number()), 0].slice(-1)) reader.number();
    else if (opcode === 0x1c) reader.list(() => reader.byte());
    else if (opcode === 0x43) reader.skip(4);
    else if (opcode === 0x44) reader.skip(8);
    else if (opcode === 0xfc) {
      const operation = reader.number();
      const operands = [8, 10, 12, 14].includes(operation) ? 2 : operation < 8 ? 0 : 1;
      for (let i = 0; i < operands; i++) reader.number();
    } else if (opcode === 0xfd || opcode === 0xfe) throw new Error('the module uses vectors or threads');
    else if (
      [0x02, 0x03, 0x04, 0x0c, 0x0d, 0x3f, 0x40, 0x41, 0x42, 0xd0].includes(opcode) ||
      (opcode >= 0x20 && opcode <= 0x26)
    )
      reader.number();
  }
}

/**
 * @param {Uint8Array} module
 * @param {(name: string) => boolean} isCalled - by the exported name
 * @param {(name: string, kind: number) => string | undefined} exportedAs - the name under which an export goes on (kind 0 is a function, 2 a
 *   memory); undefined: not at all
 * @param {(name: string) => Uint8Array | undefined} bodyOf - another body for an exported function: locals, instructions, end
 * @returns the module with fewer bodies
 */
export function fewerFunctions(module, isCalled, exportedAs = (name) => name, bodyOf = () => undefined) {
  const sections = [];
  for (const reader = new Reader(module, 8); reader.at < module.length; ) {
    const id = reader.byte();
    sections.push({ id, bytes: reader.take(reader.number()) });
  }
  const section = (id) => new Reader(sections.find((each) => each.id === id)?.bytes ?? Uint8Array.of(0));

  const imports = section(SECTION.import);
  const imported = imports.list(() => {
    for (const _ of ['module', 'name']) imports.skip(imports.number());
    const kind = imports.byte();
    if (kind === 0) imports.number();
    else if (kind === 3) imports.skip(2);
    else {
      if (kind === 1) imports.byte();
      const hasMaximum = imports.byte() & 1;
      for (let i = 0; i <= hasMaximum; i++) imports.number();
    }
    return kind;
  });
  const importCount = imported.filter((kind) => kind === 0).length;

  const code = section(SECTION.code);
  const bodies = code.list(() => code.take(code.number()));
  const reached = new Set();
  const waiting = [];
  const note = (index) => {
    if (reached.has(index)) return;
    reached.add(index);
    waiting.push(index);
  };

  const exports = section(SECTION.export);
  const exported = exports.list(() => {
    const name = Buffer.from(exports.take(exports.number())).toString();
    const kind = exports.byte();
    const index = exports.number();
    if (kind === 0 && isCalled(name)) note(index);
    const body = kind === 0 ? bodyOf(name) : undefined;
    if (body !== undefined) bodies[index - importCount] = body;
    return { name: exportedAs(name, kind), kind, index };
  });
  const elements = section(SECTION.element);
  const inTables = elements.list(() => {
    if (elements.number() !== 0) throw new Error('the module has elements of a kind that is not known here');
    while (elements.byte() !== 0x0b);
    return elements.list(() => elements.number());
  });
  const noteTable = () => {
    for (const index of inTables.flat()) note(index);
  };
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (index < importCount) continue;
    const body = new Reader(bodies[index - importCount]);
    body.list(() => [body.number(), body.byte()]);
    followCode(body, note, noteTable);
  }

  const kept = bodies.map((body, i) => (reached.has(i + importCount) ? body : TRAP));
  const codeBytes = Buffer.concat([
    numberBytes(kept.length),
    ...kept.flatMap((body) => [numberBytes(body.length), body]),
  ]);
  const goingOn = exported.filter(({ name }) => name !== undefined);
  const exportBytes = Buffer.concat([
    numberBytes(goingOn.length),
    ...goingOn.flatMap(({ name, kind, index }) => [
      numberBytes(Buffer.byteLength(name)),
      Buffer.from(name),
      Uint8Array.of(kind),
      numberBytes(index),
    ]),
  ]);
  const changed = { [SECTION.code]: codeBytes, [SECTION.export]: exportBytes };
  const written = sections.flatMap(({ id, bytes }) => {
    const content = changed[id] ?? bytes;
    return [Uint8Array.of(id), numberBytes(content.length), content];
  });
  return Buffer.concat([module.subarray(0, 8), ...written]);
}
