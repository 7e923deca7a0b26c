// What a front end in Node uses of WorkOS: each library as the same few verbs. For the tests in this directory.
import { WorkOS } from '@workos-inc/node';
import { WorkOS as WorkOS8 } from '@workos-inc/node-8';
import { AuthService, CookieSessionStorage, sessionEncryption } from '@workos/authkit-session';
import assert from 'node:assert/strict';
import { API_KEY, CLIENT_ID, Jar, PASSWORD, visit } from '../e2e/support.mjs';

export const sdks = { '@workos-inc/node': WorkOS, '@workos-inc/node 8.x': WorkOS8 };

export function sdk(apiUrl, WorkOSClass = WorkOS) {
  const { hostname, port } = new URL(apiUrl);
  return new WorkOSClass(API_KEY, { clientId: CLIENT_ID, apiHostname: hostname, port: Number(port), https: false });
}

// A request is { cookie }, its Cookie header; what is to be set comes back as headers.
class HeaderStorage extends CookieSessionStorage {
  getCookie({ cookie = '' }, name) {
    const pair = cookie.split('; ').find((part) => part.startsWith(`${name}=`));
    return Promise.resolve(pair ? decodeURIComponent(pair.slice(name.length + 1)) : null);
  }
}

export function authkit(apiUrl, redirectUri = 'http://127.0.0.1:9/callback', WorkOSClass = WorkOS) {
  const config = { clientId: CLIENT_ID, apiKey: API_KEY, redirectUri, cookiePassword: PASSWORD, cookieName: 'wos-session' };
  return new AuthService(config, new HeaderStorage(config), sdk(apiUrl, WorkOSClass), sessionEncryption);
}

export const setCookies = (result) => [result.headers?.['Set-Cookie'] ?? []].flat();

// The person with this address clicks on their name at the emulator. Resolves to the parameters of the callback.
export async function choose(url, email) {
  const reply = await visit(new Jar(), url, { form: { email } });
  assert.equal(reply.status, 302, reply.text.slice(0, 1000));
  return new URL(reply.location).searchParams;
}

// Of the libraries that keep whole sessions: signIn(email) and refresh(cookie) give the value of a cookie,
// authenticate(cookie) gives { email, organizationId, role } or null.
export function sessionKeepers(apiUrl) {
  const keepers = { '@workos/authkit-session': authkitKeeper(apiUrl) };
  for (const [name, WorkOSClass] of Object.entries(sdks)) keepers[name] = sdkKeeper(sdk(apiUrl, WorkOSClass));
  return keepers;
}

function sdkKeeper(workos) {
  const users = workos.userManagement;
  const session = { sealSession: true, cookiePassword: PASSWORD };
  const load = (sessionData) => users.loadSealedSession({ sessionData, cookiePassword: PASSWORD });
  return {
    async signIn(email) {
      const redirectUri = 'http://127.0.0.1:9/callback';
      const { url, state, codeVerifier } = await users.getAuthorizationUrlWithPKCE({ provider: 'authkit', redirectUri, clientId: CLIENT_ID });
      const back = await choose(url, email);
      assert.equal(back.get('state'), state);
      return (await users.authenticateWithCode({ code: back.get('code'), codeVerifier, clientId: CLIENT_ID, session })).sealedSession;
    },
    async authenticate(cookie) {
      const result = await load(cookie).authenticate();
      return result.authenticated ? { email: result.user.email, organizationId: result.organizationId, role: result.role } : null;
    },
    async refresh(cookie) {
      const result = await load(cookie).refresh();
      assert.equal(result.authenticated, true, JSON.stringify(result));
      return result.sealedSession;
    },
  };
}

function authkitKeeper(apiUrl) {
  const service = authkit(apiUrl);
  const cookieOf = (result) => setCookies(result).find((line) => line.startsWith('wos-session=')).split(/[=;]/)[1];
  return {
    async signIn(email) {
      const begun = await service.createSignIn(undefined);
      const back = await choose(begun.url, email);
      const request = { cookie: setCookies(begun)[0].split(';')[0] };
      return cookieOf(await service.handleCallback(request, undefined, { code: back.get('code'), state: back.get('state') }));
    },
    async authenticate(cookie) {
      const { auth } = await service.withAuth({ cookie: `wos-session=${cookie}` });
      return auth.user && { email: auth.user.email, organizationId: auth.organizationId, role: auth.role };
    },
    async refresh(cookie) {
      return (await service.refreshSession(await service.getSession({ cookie: `wos-session=${cookie}` }))).encryptedSession;
    },
  };
}
