// A server that the emulator tells of events by webhook.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after } from 'node:test';
import { API_KEY, ask, serve } from './support.mjs';

// The secret is known once there is an endpoint, so before there is a server: somebody in between passes the webhooks on.
// server.relay counts them by the status of the answer, and may be told to lose some: relay.loses(n).
export async function toldServer(emulator, { events, args, store }) {
  const counts = {};
  const relay = { counts, loses: () => false };
  let target;
  let n = 0;
  const pass = async (request, body) => {
    if (relay.loses(n++)) return 'lost';
    const headers = { 'workos-signature': request.headers['workos-signature'] };
    const { status } = await ask(`${target.url}/webhooks/workos`, { method: 'POST', headers, body });
    return status;
  };
  const between = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', async () => {
      const outcome = await pass(request, Buffer.concat(pieces)).catch(() => 502);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      response.writeHead(outcome === 'lost' ? 200 : outcome).end();
    });
  });
  await new Promise((listening) => between.listen(0, '127.0.0.1', listening));
  after(() => {
    between.closeAllConnections();
    between.close();
  });
  const made = await ask(`${emulator.url}/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint_url: `http://127.0.0.1:${between.address().port}/`, events }),
  });
  assert.equal(made.status, 201, made.text);
  target = await serve(emulator.url, { args, store, env: { WORKOS_WEBHOOK_SECRET: JSON.parse(made.text).secret } });
  return Object.assign(target, { relay });
}
