/**
 * Functions of JavaScript that C can call by pointer: entries of the module's table must be functions of WebAssembly (core specification 2.0,
 * section 4.4.8), so a small module is made that takes them in and gives them out again (section 5: the binary format).
 */
import { type WasmTable, webAssembly } from './web-assembly.js';

const TYPE = { i: 0x7f, j: 0x7e } as const;

/** A function with the types of its parameters, `i` for 32 bits and `j` for 64 (a bigint); it gives 32 bits. */
export interface CFunction {
  readonly parameters: string;
  call(...given: never[]): number;
}

/** Adds functions to a table. @returns their places, which are C's pointers to them */
export function tableEntries(table: WasmTable, functions: readonly CFunction[]): number[] {
  const module = new (webAssembly().Module)(passThrough(functions));
  const imports = { f: Object.fromEntries(functions.map(({ call }, i) => [name(i), call])) };
  const { exports } = new (webAssembly().Instance)(module, imports);
  const first = table.grow(functions.length);
  return functions.map((_, i) => {
    table.set(first + i, exports[name(i)]);
    return first + i;
  });
}

/** A name of one letter for each of up to 58. */
const name = (i: number): string => String.fromCharCode(0x41 + i);

/** A module that exports what it imports. Every number in it is below 128, so that each takes one byte. */
function passThrough(functions: readonly CFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [
    ...[0x60, parameters.length],
    ...[...parameters].map((each) => TYPE[each as keyof typeof TYPE]),
    ...[1, TYPE.i],
  ]);
  const letter = (i: number) => [1, name(i).charCodeAt(0)];
  const imports = functions.map((_, i) => [1, 0x66, ...letter(i), 0, i]);
  const exports = functions.map((_, i) => [...letter(i), 0, i]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(7, exports),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const bytes = entries.flat();
  const length = bytes.length + 1;
  // Two bytes of LEB128 whatever the length: they hold up to 16383.
  return [id, (length & 0x7f) | 0x80, length >> 7, entries.length, ...bytes];
}
