/** The far end of a stream, as an edge offers it: encoded messages go in, pressure comes back. */
export interface StreamSink {
  /** Sends the stream's headers now, before there is anything to say. */
  open(): void;
  /** Takes one encoded message. False asks the caller to wait for `drained` before the next. */
  write(message: Uint8Array): boolean;
  /** Resolves when the sink takes more, or when the stream is over. */
  drained(): Promise<void>;
  /** Aborted when the client went away. */
  readonly signal: AbortSignal;
}
