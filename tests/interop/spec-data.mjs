// What spec.mjs needs to reach every answer, and where the emulator keeps to production instead of the specification.
const person = (email, more) => ({ email, first_name: 'First', last_name: 'Last', password: 'latchkey-demo', email_verified: true, ...more });
const role = (email) => ({ email, role: 'member' });

export const seed = {
  users: [
    person('ana@a.example', { external_id: 'ext_ana', metadata: { desk: '7' } }),
    person('sam@a.example', { oauth_provider: 'GoogleOAuth' }),
    person('new@a.example', { email_verified: false }),
    person('two@a.example'),
    person('sso@a.example'),
    person('mfa@a.example'),
  ],
  roles: [{ slug: 'member', name: 'Member', permissions: ['directory:read'] }],
  organizations: [
    { id: 'org_open', name: 'Open', domains: [{ domain: 'a.example' }], memberships: ['ana@a.example', 'two@a.example'].map(role) },
    { id: 'org_other', name: 'Other', external_id: 'ext_other', metadata: { tier: 'gold' }, memberships: [role('two@a.example')] },
    { id: 'org_strict', name: 'Strict', require_sso: true, memberships: [role('sso@a.example')] },
    { id: 'org_careful', name: 'Careful', require_mfa: true, memberships: [role('mfa@a.example')] },
  ],
  connections: [
    {
      id: 'conn_oidc', name: 'OIDC', connection_type: 'GenericOIDC', organization: 'Strict', domains: ['strict.example'],
      profiles: [{ id: 'prof_oidc', email: 'sso@a.example', first_name: 'S', last_name: 'O', idp_id: 'idp_1', role: 'member', groups: ['Night'] }],
    },
    { id: 'conn_saml', name: 'SAML', connection_type: 'OktaSAML', organization: 'Open', profiles: [{ id: 'prof_saml', email: 'ana@a.example' }] },
  ],
  api_keys: [{ name: 'CI', value: 'sk_customer_1234', organization: 'Open', permissions: ['read'] }],
  invitations: [{ email: 'guest@a.example', organization: 'Open', role: 'member', token: 'invited' }],
  directories: [
    {
      id: 'directory_one', name: 'Staff', type: 'okta scim v2.0', organization: 'Open',
      groups: [{ name: 'Everybody' }, { name: 'Night' }],
      users: [
        { email: 'ana@a.example', first_name: 'Ana', idp_id: '1', role: 'member', custom_attributes: { department_name: 'Ops' }, groups: ['Everybody'] },
        { email: 'bo@a.example', state: 'suspended', groups: ['Everybody', 'Night'] },
      ],
    },
  ],
};

export const deviations = [
  { line: /^\d+: (\/user|\/data\/\d+(\/user)?|)\/name is not in|: user\.\w+: \/data\/name is not in/, reason: 'users have a name in WorkOS\' newer library' },
  { operation: 'GET /sso/authorize', line: /^200: .*<!doctype html>/, reason: 'the hosted page, to which production redirects' },
  { operation: 'GET /user_management/authorize', line: /^200: status 200 with a body/, reason: 'the hosted page, likewise' },
  { operation: 'POST /user_management/authenticate', line: /^400: .*"error":"unsupported_grant_type"/, reason: 'RFC 6749, 5.2' },
];
