// Plain pages in Node that know who is signed in: one with @workos/authkit-session, one with @workos-inc/node alone. Each
// answers / (who), /login, /callback, /renew (now, whether due or not) and /logout. For the tests in this directory.
import http from 'node:http';
import { after } from 'node:test';
import { CLIENT_ID, PASSWORD } from '../e2e/support.mjs';
import { authkit, sdk, setCookies } from './node-side.mjs';

const SESSION = 'wos-session';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';
const read = (request, name) => (request.headers.cookie ?? '').split('; ').find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

function authkitSite(apiUrl, url) {
  const service = authkit(apiUrl, `${url}/callback`);
  const asRequest = (request) => ({ cookie: request.headers.cookie });
  return {
    async who(request) {
      const { auth, refreshedSessionData } = await service.withAuth(asRequest(request));
      const cookies = refreshedSessionData ? setCookies(await service.saveSession(undefined, refreshedSessionData)) : [];
      return { email: auth.user?.email, sessionId: auth.sessionId, cookies };
    },
    async login() {
      const begun = await service.createSignIn(undefined, { returnPathname: '/' });
      return { location: begun.url, cookies: setCookies(begun) };
    },
    async callback(request, query) {
      const ended = await service.handleCallback(asRequest(request), undefined, { code: query.get('code'), state: query.get('state') });
      return { location: `${url}${ended.returnPathname}`, cookies: setCookies(ended) };
    },
    async renew(request) {
      const { encryptedSession } = await service.refreshSession(await service.getSession(asRequest(request)));
      return { location: `${url}/`, cookies: setCookies(await service.saveSession(undefined, encryptedSession)) };
    },
    async logout(request) {
      const { auth } = await service.withAuth(asRequest(request));
      const ended = await service.signOut(auth.sessionId, { returnTo: `${url}/` });
      return { location: ended.logoutUrl, cookies: setCookies(ended) };
    },
  };
}

function sdkSite(apiUrl, url) {
  const users = sdk(apiUrl).userManagement;
  const verifiers = new Map();
  const load = (request) => users.loadSealedSession({ sessionData: read(request, SESSION) ?? '', cookiePassword: PASSWORD });
  const set = (value) => [`${SESSION}=${value}; ${ATTRIBUTES}`];
  return {
    async who(request) {
      const result = await load(request).authenticate();
      return { email: result.user?.email, sessionId: result.sessionId, cookies: [] };
    },
    async login() {
      const begun = await users.getAuthorizationUrlWithPKCE({ provider: 'authkit', redirectUri: `${url}/callback`, clientId: CLIENT_ID });
      verifiers.set(begun.state, begun.codeVerifier);
      return { location: begun.url, cookies: [] };
    },
    async callback(request, query) {
      const session = { sealSession: true, cookiePassword: PASSWORD };
      const given = { code: query.get('code'), codeVerifier: verifiers.get(query.get('state')), clientId: CLIENT_ID, session };
      return { location: `${url}/`, cookies: set((await users.authenticateWithCode(given)).sealedSession) };
    },
    async renew(request) {
      return { location: `${url}/`, cookies: set((await load(request).refresh()).sealedSession) };
    },
    async logout(request) {
      const location = await load(request).getLogoutUrl({ returnTo: `${url}/` });
      return { location, cookies: [`${SESSION}=; Max-Age=0; ${ATTRIBUTES}`] };
    },
  };
}

export const kinds = { '@workos/authkit-session': authkitSite, '@workos-inc/node': sdkSite };

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function listen(answer) {
  const server = http.createServer(answer);
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

// One origin for several programs: { url, routes }, in which the caller puts path prefixes and the addresses behind them.
// The longest prefix wins, and is taken off.
export async function router() {
  const routes = {};
  const url = await listen((request, response) => {
    const prefix = Object.keys(routes).filter((start) => request.url.startsWith(start)).sort((a, b) => b.length - a.length)[0];
    const target = new URL(`/${request.url.slice(prefix.length)}`, routes[prefix]);
    const headers = { ...request.headers, 'x-forwarded-for': request.socket.remoteAddress };
    const onward = http.request(target, { method: request.method, headers }, (reply) => {
      response.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  return { url, routes };
}

// Starts one on a free port of 127.0.0.1, seen from outside at publicUrl. { url, ownUrl }
export async function nodePage(kind, apiUrl, publicUrl) {
  let site;
  const ownUrl = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    const route = { '/login': 'login', '/callback': 'callback', '/renew': 'renew', '/logout': 'logout' }[pathname];
    try {
      if (route) {
        const { location, cookies } = await site[route](request, searchParams);
        response.writeHead(302, { location, 'set-cookie': cookies }).end();
        return;
      }
      const { email, sessionId, cookies } = await site.who(request);
      const text = email ? `<h1>${escape(email)}</h1><p id="sid">${escape(sessionId)}</p>` : '<h1>nobody</h1>';
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': cookies }).end(`<!doctype html><title>Node</title><link rel="icon" href="data:,">${text}`);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error.stack));
    }
  });
  const url = publicUrl ?? ownUrl;
  site = kinds[kind](apiUrl, url);
  return { url, ownUrl };
}
