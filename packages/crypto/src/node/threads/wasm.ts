/** What every Node has of WebAssembly; packages for Node compile without the browser's types. */
export interface WebAssemblyPlatform {
  readonly Module: { new (bytes: Uint8Array): object; imports(module: object): { module: string; name: string }[] };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Table: new (shape: { element: 'anyfunc'; initial: number; maximum: number }) => object;
}

/** WebAssembly of this process. */
export const webAssembly = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyPlatform;
