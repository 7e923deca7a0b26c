// Apache with mod_auth_openidc before a file of 100 bytes, and a live sign-in there: the peer of a guarded request.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { freePort, scratch, start } from './bench.mjs';

const MODULES = '/usr/lib/apache2/modules';
const NAMES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'alias', 'auth_openidc', 'unixd'];

export const isThere = () => fs.existsSync('/usr/sbin/apache2') && fs.existsSync(`${MODULES}/mod_auth_openidc.so`);

// op: address of the OpenID provider. Resolves to { url, pid, cookie, child }.
export async function startApache(op) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const files = path.join(scratch, 'files');
  fs.mkdirSync(files);
  fs.writeFileSync(path.join(files, 'page.txt'), '.'.repeat(99) + '\n');
  const modules = NAMES.filter((name) => fs.existsSync(`${MODULES}/mod_${name}.so`));
  const conf = path.join(scratch, 'apache.conf');
  fs.writeFileSync(
    conf,
    `ServerRoot ${scratch}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${scratch}/apache.pid
ErrorLog ${scratch}/apache.log
DefaultRuntimeDir ${scratch}
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
KeepAlive On
MaxKeepAliveRequests 0
Alias /bare ${files}/page.txt
Alias /guarded ${files}/page.txt
<Directory ${files}>
  Require all granted
</Directory>
OIDCProviderMetadataURL ${op}/op/.well-known/openid-configuration
OIDCClientID bench
OIDCClientSecret bench-secret
OIDCScope openid
OIDCRedirectURI ${url}/guarded/callback
OIDCCryptoPassphrase a-passphrase-for-benchmarks
OIDCUnAuthAction auth
OIDCSessionType server-cache
OIDCSessionInactivityTimeout 36000
<Location /guarded>
  AuthType openid-connect
  Require valid-user
</Location>
`,
  );
  const server = await start('/usr/sbin/apache2', ['-f', conf, '-DFOREGROUND'], { until: () => answers(`${url}/bare`) });
  return { ...server, url, pid: server.child.pid, cookie: await signIn(`${url}/guarded`) };
}

// As a browser that loads a page: fetch() says of itself that it is a script, and scripts are not sent to sign in.
function get(url, cookie = '') {
  return new Promise((resolve, reject) => {
    const headers = { cookie, accept: 'text/html' };
    http.get(url, { headers, agent: false }, (reply) => resolve(reply.resume())).on('error', reject);
  });
}

const answers = (url) => get(url).then(({ statusCode }) => statusCode === 200, () => false);

// Follows the redirects as a browser would, with its cookies.
async function signIn(url) {
  const jar = new Map();
  for (let hop = 0; hop < 6; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await get(url, cookie);
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    if (reply.statusCode === 200) return `mod_auth_openidc_session=${jar.get('mod_auth_openidc_session')}`;
    if (reply.statusCode !== 302) throw new Error(`Apache answered ${reply.statusCode} at ${url}`);
    url = new URL(reply.headers.location, url).href;
  }
  throw new Error('Apache sends the browser in circles');
}
