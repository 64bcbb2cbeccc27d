/** Where databases lie in the origin private file system. Apart from the engine, so that a page can know it without loading that. */

/** Folder of the database of this name. */
export function folderOf(name: string): string {
  return `/conclave/${encodeURIComponent(name)}`;
}
