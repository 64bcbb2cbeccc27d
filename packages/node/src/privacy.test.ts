import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { create, MlsApi, SendGroupMessagesRequestSchema, toBinary } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from './api/material.testkit.js';
import { frameOf } from './frame.js';
import { pathOf } from './grpc-client.testkit.js';
import { bytes, temporaryDirectory } from './log/log.testkit.js';
import { startNodeProcess } from './node-process.testkit.js';

const ADDRESS = '203.0.113.77';
const GROUP = 'a group of nobody’s business';
const TEXT = 'a text of nobody’s business';

/** The forms in which something could stand in a log or a file. */
function formsOf(secret: string): Buffer[] {
  const plain = Buffer.from(bytes(secret));
  // Of base64 the middle, which does not depend on what stands before by more than its place.
  const base64 = [0, 1, 2].map((skip) => plain.subarray(skip).toString('base64').slice(0, 16));
  return [plain, ...[plain.toString('hex'), ...base64].map((form) => Buffer.from(form))];
}

function allFiles(folder: string): Buffer {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name as string));
  return Buffer.concat(paths.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path)));
}

describe('what a node keeps of its callers', () => {
  it('is in no line of its log at the most talkative level, and their address in none of its files', async () => {
    const dataDir = temporaryDirectory();
    const node = await startNodeProcess(dataDir, { logLevel: 'debug', trustedProxyHops: 1 });
    const path = pathOf(MlsApi.method.sendGroupMessages);
    const call = async (request: Uint8Array): Promise<string> => {
      const answer = await fetch(`http://${node.webAddress}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/grpc-web+proto', 'x-forwarded-for': ADDRESS },
        body: Uint8Array.from(frameOf(request)),
      });
      return Buffer.from(await answer.arrayBuffer()).toString('latin1');
    };
    const sent = (data: Uint8Array) =>
      toBinary(
        SendGroupMessagesRequestSchema,
        create(SendGroupMessagesRequestSchema, { messages: [{ version: { case: 'v1', value: { data } } }] }),
      );
    expect(await call(sent(mlsMessage(GROUP, TEXT)))).toContain('grpc-status:0');
    expect(await call(sent(bytes(`${GROUP} ${TEXT}`)))).not.toContain('grpc-status:0');
    expect(await call(bytes(`${GROUP} ${TEXT}`))).not.toContain('grpc-status:0');
    expect(await node.end('SIGTERM')).toBe(0);

    const log = Buffer.from(node.log());
    expect(log.toString().match(/"event":"call-refused"/g)).toHaveLength(2);
    for (const secret of [ADDRESS, GROUP, TEXT]) {
      for (const form of formsOf(secret)) expect(log.includes(form), `${secret} as ${form}`).toBe(false);
    }
    const stored = allFiles(dataDir);
    expect(stored.includes(TEXT)).toBe(true);
    for (const form of [...formsOf(ADDRESS), Buffer.from([203, 0, 113, 77])]) expect(stored.includes(form)).toBe(false);
  });
});
