/**
 * Header blocks (RFC 7541) as far as the generator of load needs them: it sends few fields, each by its place in the table from the second
 * time on, as any client does; of answers it only wants the gRPC status. Huffman codes are compared as they are and never taken apart.
 */
const STATIC_ENTRIES = 61;
const TABLE_BYTES = 4096;
const ENTRY_OVERHEAD = 32;

/** Fields that stand in the static table whole (RFC 7541 appendix A). */
const STATIC = new Map([
  [':method POST', 3],
  [':scheme http', 6],
]);

/** One connection's outgoing fields. */
export class HeaderWriter {
  #inserted = new Map();

  /** How many fields are in the table: a block that was made of those alone stays right until another enters. */
  get entries() {
    return this.#inserted.size;
  }

  /** A block of `[name, value]` pairs; what is new in it enters the table. */
  block(fields) {
    const bytes = [];
    for (const [name, value] of fields) {
      const key = `${name} ${value}`;
      const place = STATIC.get(key) ?? this.#place(key);
      if (place !== undefined) {
        bytes.push(0x80 | place);
        continue;
      }
      bytes.push(0x40, name.length, ...Buffer.from(name), value.length, ...Buffer.from(value));
      this.#inserted.set(key, this.#inserted.size);
    }
    return Buffer.from(bytes);
  }

  #place(key) {
    const nth = this.#inserted.get(key);
    return nth === undefined ? undefined : STATIC_ENTRIES + this.#inserted.size - nth;
  }
}

/** Appendix B, for the characters of `grpc-status`: code and bits. */
const CODES = {
  g: [0x26, 6],
  r: [0x2c, 6],
  p: [0x2b, 6],
  c: [0x4, 5],
  '-': [0x16, 6],
  s: [0x8, 5],
  t: [0x9, 5],
  a: [0x3, 5],
  u: [0x2d, 6],
  0: [0, 5],
};

function huffman(text) {
  const bits = [...text]
    .map((character) => CODES[character][0].toString(2).padStart(CODES[character][1], '0'))
    .join('');
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Buffer.from(padded.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2))).toString('latin1');
}

/** A string as it stands in a block: its first letter tells whether it is Huffman-coded. */
const bothForms = (text) => new Set([`p${text}`, `h${huffman(text)}`]);
const GRPC_STATUS = bothForms('grpc-status');
const ZERO = bothForms('0');

/** One connection's incoming fields. */
export class HeaderReader {
  /** Newest first. What has left the peer's table is never named again. */
  #table = [];
  #block = Buffer.alloc(0);
  #at = 0;

  /** @returns whether the block holds `grpc-status: 0`, or another status; undefined when it holds none */
  isOk(block) {
    this.#block = block;
    this.#at = 0;
    let ok;
    while (this.#at < block.length) {
      const first = block[this.#at];
      if ((first & 0xe0) === 0x20) {
        this.#integer(5);
        continue;
      }
      const [name, value] = first & 0x80 ? this.#entry(this.#integer(7)) : this.#literal(first);
      if (GRPC_STATUS.has(name)) ok = ZERO.has(value);
    }
    return ok;
  }

  #literal(first) {
    const isKept = (first & 0x40) !== 0;
    const place = this.#integer(isKept ? 6 : 4);
    const field = [place === 0 ? this.#string() : this.#entry(place)[0], this.#string()];
    if (isKept) {
      this.#table.unshift(field);
      this.#table.length = Math.min(this.#table.length, TABLE_BYTES / ENTRY_OVERHEAD);
    }
    return field;
  }

  #entry(place) {
    return place <= STATIC_ENTRIES ? [`static ${place}`, ''] : this.#table[place - STATIC_ENTRIES - 1];
  }

  #integer(bits) {
    const most = (1 << bits) - 1;
    let value = this.#block[this.#at++] & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#block[this.#at++];
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #string() {
    const form = this.#block[this.#at] & 0x80 ? 'h' : 'p';
    const length = this.#integer(7);
    const text = this.#block.latin1Slice(this.#at, this.#at + length);
    this.#at += length;
    return form + text;
  }
}
