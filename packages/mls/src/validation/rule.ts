/** The shape of one entry of the table of rules. */

/** What a rule demands and where the standard says so. */
export interface Rule {
  /** Section of RFC 9420, or the name of another document. */
  readonly section: string;
  /** What must hold, as a sentence. */
  readonly sentence: string;
}
