// One emulator for all parts of node-client.mjs, and WorkOS' library before it: which of its calls have succeeded is
// written down, and each answer that it got is held to the specification.
import { before } from 'node:test';
import { WorkOS } from '@workos-inc/node';
import { API_KEY, CLIENT_ID, emulate } from '../e2e/support.mjs';
import { Judge, complaints, operationOf } from './openapi.mjs';
import { deviations } from './spec-data.mjs';

export const MIRA = 'mira.holt@juniper.example';
export const PASSWORD = 'latchkey-demo';
export const redirectUri = 'http://127.0.0.1:9/callback';
export const clientId = CLIENT_ID;
// emulator, judge, workos (with a key), publicClient (without), stranger (with a wrong key).
export const world = {};

// The parts of the library that Latchkey's users need.
export const areas = ['sso', 'userManagement', 'multiFactorAuth', 'events', 'directorySync', 'webhooks', 'organizations', 'apiKeys'];
export const succeeded = new Set();

function recorded(area, name) {
  return new Proxy(area, {
    get(target, member) {
      const value = target[member];
      if (typeof value !== 'function') return value;
      return (...args) => {
        const result = value.apply(target, args);
        if (result instanceof Promise) result.then(() => succeeded.add(`${name}.${member}`), () => {});
        else succeeded.add(`${name}.${member}`);
        return result;
      };
    },
  });
}

async function judgedFetch(url, init) {
  const response = await fetch(url, init);
  const method = (init?.method ?? 'GET').toUpperCase();
  const operation = operationOf(method, new URL(url).pathname);
  const name = operation ? `${operation.method} ${operation.path}` : `${method} ${url}`;
  // A wrong key is told everywhere, and specified nearly nowhere.
  if (!operation) world.judge.judge(name, 'is not in the specification');
  else if (response.status !== 401) for (const line of complaints(operation, response.status, await response.clone().text())) world.judge.judge(name, `${response.status}: ${line}`);
  return response;
}

before(async () => {
  world.emulator = await emulate(['--control']);
  world.judge = new Judge(world.emulator, deviations);
  const options = { clientId, apiHostname: new URL(world.emulator.url).hostname, port: world.emulator.port, https: false, fetchFn: judgedFetch };
  const workos = new WorkOS(API_KEY, options);
  world.workos = Object.fromEntries(areas.map((name) => [name, recorded(workos[name], name)]));
  world.publicClient = new WorkOS(options);
  world.stranger = new WorkOS('sk_wrong', options);
});
