/**
 * A switch in front of the node, spoken to as toxiproxy is: `POST :8475/proxies/NAME {"enabled": false}` cuts every connection of port 6010
 * and refuses new ones. The original's reconnect tests flip it.
 */
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';

const CONTROL_PORT = 8475;
const SWITCHED_PORT = 6010;
const NODE_PORT = 5556;

/** Starts the switch, on. @returns stops it */
export async function startSwitch() {
  const open = new Set();
  const forward = createServer((socket) => {
    const upstream = connect(NODE_PORT, '127.0.0.1');
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      open.add(one);
      one.pipe(other);
      one.once('error', () => other.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const set = (enabled) =>
    new Promise((done, reject) => {
      if (enabled === forward.listening) return done();
      if (enabled) return forward.once('error', reject).listen(SWITCHED_PORT, '127.0.0.1', done);
      forward.close(() => done());
      cut();
    });
  const control = createHttpServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    await set(JSON.parse(body).enabled);
    response.end('{}');
  });
  await new Promise((done) => control.listen(CONTROL_PORT, '127.0.0.1', done));
  await set(true);
  return () => {
    control.close();
    control.closeAllConnections();
    forward.close();
    cut();
  };
}
