/** What every Node has of WebAssembly; packages for Node compile without the browser's types. */
export interface WebAssemblyPlatform {
  readonly Module: { new (bytes: Uint8Array): object; imports(module: object): { module: string; name: string }[] };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Table: new (shape: { element: 'anyfunc'; initial: number; maximum: number }) => object;
}

/** WebAssembly of this process. */
export const webAssembly = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyPlatform;

/**
 * Starts libsodium (`../gen/sodium-wasm.ts`). What it imports serves output, time, randomness and growth of its memory; nothing in use calls it.
 *
 * Also the source of what runs in other threads: it refers to nothing but its arguments.
 * @returns what the module exports
 */
export function startSodium({ Module, Instance }: WebAssemblyPlatform, module: object): object {
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of Module.imports(module)) imports[from] = { ...imports[from], [name]: () => -1 };
  return new Instance(module, imports).exports;
}
