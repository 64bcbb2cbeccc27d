/** How far a piece of maintenance has come, for whoever watches. */
export interface Progress {
  /** What is being done, as a noun: a table or a file. */
  readonly step: string;
  readonly done: number;
  /** In the same unit; 0 where it is not known. */
  readonly total: number;
}

/** Called often; must not throw. */
export type OnProgress = (progress: Progress) => void;
