/**
 * A node as a process of its own, for the fault rounds: options come as JSON, the clock can be moved from outside.
 * `{ clockMs }` on the channel to the parent moves the wall clock by so much.
 */
import { startNode } from '@conclave/node';

let clockMs = 0;
process.on('message', (message) => {
  clockMs = message.clockMs;
});
process.once('disconnect', () => process.exit(0));
const options = JSON.parse(process.argv[2]);
const node = await startNode({ ...options, nowNs: () => BigInt(Date.now() + clockMs) * 1_000_000n });
process.once('SIGTERM', () => void node.stop().then(() => process.exit(0)));
process.send({ grpcAddress: node.grpcAddress });
