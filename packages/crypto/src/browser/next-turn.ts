/** Turns for others in a browser. */
interface Port {
  onmessage: (() => void) | null;
  close(): void;
}

/** Lets events be handled. A message, because timers are slowed to one a second in pages out of sight. */
export function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const port = port1 as unknown as Port;
  return new Promise((resolve) => {
    port.onmessage = () => {
      port.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
