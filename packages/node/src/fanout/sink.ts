/** The far end of a stream, as an edge offers it: framed messages go in, pressure comes back. */
export interface StreamSink {
  /** Sends the stream's headers now, before there is anything to say. */
  open(): void;
  /** Takes one or several whole frames (frame.ts). False asks the caller to wait for `drained` before the next. */
  write(frames: Uint8Array): boolean;
  /** Resolves when the sink takes more, or when the stream is over. */
  drained(): Promise<void>;
  /** Aborted when the client went away or its deadline has passed. */
  readonly signal: AbortSignal;
}
