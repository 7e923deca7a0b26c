// The library's grants as functions (grants.c), and a WorkOS that is asked directly. For the tests in this directory.
import assert from 'node:assert/strict';
import { API_KEY, CLIENT_ID, apiEnvironment, run } from '../e2e/support.mjs';

// Runs one grant, or what belongs to one. Resolves to { ok, …what it printed }; a name that came more often to the last.
export async function grant(apiUrl, verb, ...args) {
  const result = await run([verb, ...args], { program: process.env.GRANTS, env: apiEnvironment(apiUrl) });
  assert.ok(result.code === 0 || result.code === 3, `${verb}: ${JSON.stringify(result)}`);
  const lines = result.stdout.split('\n').filter(Boolean).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
  return { ok: result.code === 0, ...Object.fromEntries(lines), lists: (name) => lines.filter(([key]) => key === name).map(([, value]) => value) };
}

export async function api(apiUrl, method, route, body) {
  const response = await fetch(`${apiUrl}${route}`, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${route}: ${response.status} ${text}`);
  return text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
}

// Without following: where the browser is sent.
export async function sentTo(url) {
  const response = await fetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302, `${url}: ${await response.text()}`);
  return new URL(response.headers.get('location'));
}

export const authorizeUrl = (apiUrl, members) =>
  `${apiUrl}/user_management/authorize?${new URLSearchParams({ response_type: 'code', client_id: CLIENT_ID, provider: 'authkit', redirect_uri: 'http://127.0.0.1:9/callback', state: 's', ...members })}`;
