// WorkOS' specification (npm: @workos/openapi-spec) as a judge of answers. For the tests in this directory.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import { API_KEY, ask } from '../e2e/support.mjs';

const { default: Ajv } = createRequire(import.meta.url)('ajv/dist/2020.js');
const { default: addFormats } = createRequire(import.meta.url)('ajv-formats');

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const read = (name) => fs.readFileSync(new URL(`node_modules/@workos/openapi-spec/${name}`, import.meta.url), 'utf8');
export const { version } = JSON.parse(read('package.json'));
const spec = parse(read('open-api-spec.yaml'));

// OpenAPI 3.1 schemas are JSON Schema 2020-12; "example" and the like are no keywords of it, hence not strict.
const ajv = addFormats(new Ajv({ strict: false, allErrors: true, verbose: true }));
ajv.addSchema(spec, 'spec');

// { method, path, tag, summary, responses, pattern } of each operation, in the order of the specification.
export const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
  METHODS.filter((method) => methods[method]).map((method) => ({
    method: method.toUpperCase(),
    path,
    tag: methods[method].tags?.[0] ?? 'other',
    summary: methods[method].summary ?? '',
    responses: methods[method].responses,
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  })),
);

// Literal segments win: /users/external_id/x is not /users/{id}/x.
export function operationOf(method, path) {
  const fitting = operations.filter((operation) => operation.method === method && operation.pattern.test(path));
  const literals = (operation) => operation.path.split('/').filter((part) => !part.startsWith('{')).length;
  return fitting.sort((a, b) => literals(b) - literals(a))[0];
}

function resolve(schema) {
  while (schema?.$ref) schema = schema.$ref.split('/').slice(1).reduce((at, name) => at[name], spec);
  return schema ?? {};
}

// Of alternatives that tell themselves apart by a constant ("event", "object"), those that the value claims to be.
function fitting(schema, value) {
  const constants = Object.entries(resolve(schema).properties ?? {}).filter(([, member]) => 'const' in member);
  return constants.every(([name, member]) => value[name] === undefined || value[name] === member.const);
}

// The schemas that speak about this value, with their alternatives taken apart.
function flatten(schemas, value) {
  return schemas.map(resolve).flatMap((schema) => {
    const alternatives = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].filter((inner) => fitting(inner, value));
    return [schema, ...flatten([...alternatives, ...(schema.allOf ?? [])], value)];
  });
}

// JSON Schema lets any member pass that it does not name; a client must be able to look each up.
function undeclared(schemas, value, at) {
  if (value === null || typeof value !== 'object') return [];
  const all = flatten(schemas, value);
  if (Array.isArray(value)) {
    const items = all.flatMap((schema) => schema.items ?? []);
    return items.length === 0 ? [] : value.flatMap((item, i) => undeclared(items, item, `${at}/${i}`));
  }
  const known = (name) => all.flatMap((schema) => schema.properties?.[name] ?? []);
  const isOpen = all.some((schema) => schema.additionalProperties && !schema.additionalProperties.not);
  if (isOpen || !all.some((schema) => schema.properties)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    known(name).length > 0 ? undeclared(known(name), inner, `${at}/${name}`) : [`${at}/${name} is not in the specification`],
  );
}

const validators = new Map();
function errorsOf(pointer, value) {
  const ref = `spec#/${pointer.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  if (!validators.has(ref)) validators.set(ref, ajv.compile({ $ref: ref }));
  const validate = validators.get(ref);
  if (validate(value)) return [];
  // None of many alternatives fits: what each of them misses is noise.
  if (validate.errors.some(({ keyword, instancePath }) => keyword === 'oneOf' && instancePath === ''))
    return [`none of the alternatives: ${JSON.stringify(value).slice(0, 200)}`];
  return [...new Set(validate.errors.map((error) => `${error.instancePath || '/'} ${error.message}${hint(error)}`))];
}

function hint({ keyword, params, data }) {
  if (keyword === 'const') return ` ${JSON.stringify(params.allowedValue)}, not ${JSON.stringify(data)}`;
  if (keyword === 'enum') return `, not ${JSON.stringify(data)}`;
  return '';
}

// One of 93 alternatives: judged by the one whose name it bears, as the others would only add noise.
const eventSchemas = spec.components.schemas.EventSchema.allOf[1].oneOf;
export const eventTypes = eventSchemas.map((schema) => resolve(schema).properties.event.const);
// Those of them that webhooks can carry.
export const webhookTypes = resolve(spec.components.schemas.CreateWebhookEndpointDto).properties.events.items.enum;

export function eventComplaints(event) {
  const place = eventTypes.indexOf(event.event);
  if (place < 0) return [`the event type ${event.event} is not in the specification`];
  const pointer = ['components', 'schemas', 'EventSchema', 'allOf', 1, 'oneOf', place];
  return [...errorsOf(pointer, event), ...undeclared([eventSchemas[place]], event, '')].map((line) => `${event.event}: ${line}`);
}

// What is wrong with this answer, as lines; [] when nothing is. body: text as it came.
export function complaints(operation, status, body) {
  const response = operation.responses[status];
  if (!response) return [`status ${status} is not in the specification`];
  const content = response.content?.['application/json'];
  if (!content || Object.keys(content.schema).length === 0) return body === '' || status >= 400 ? [] : [`status ${status} with a body`];
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    return [`status ${status} without JSON: ${body.slice(0, 80)}`];
  }
  if (operation.path === '/events' && status === 200) return value.data.flatMap(eventComplaints);
  const pointer = ['paths', operation.path, operation.method.toLowerCase(), 'responses', status, 'content', 'application/json', 'schema'];
  // Of errors the specification names the least; production says more (ids, tokens for the next step).
  return [...errorsOf(pointer, value), ...(status < 300 ? undeclared([content.schema], value, '') : [])];
}

// Whether the emulator has a route for it, told from the answer to a senseless request.
export async function isServed(emulator, { method, path }) {
  const route = path.replace(/\{[^}]+\}/g, 'none');
  const reply = await ask(`${emulator.url}${route}`, { method, headers: { authorization: `Bearer ${API_KEY}` } });
  return reply.status !== 405 && !(reply.status === 404 && /"code":\s*"not_found"/.test(reply.text));
}

// Asks the emulator and judges each answer. deviations: { operation, line (a pattern), reason }, each of which must be
// met, or else it is out of date. emulator: { url } of one that was started with --control.
export class Judge {
  reached = new Map(); // operation → the statuses seen
  found = []; // what no deviation explains

  constructor(emulator, deviations) {
    this.emulator = emulator;
    this.deviations = deviations.map((deviation) => ({ ...deviation, met: 0 }));
  }

  // Resolves to { status, headers, location, text, body }; a status other than the expected one fails at once.
  async call(method, route, expected, { json, form, key = API_KEY, headers = {}, path = route.split('?')[0] } = {}) {
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const reply = await ask(`${this.emulator.url}${route}`, {
      method,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...((json ?? form) && { 'content-type': type }), ...headers },
      body: form ? new URLSearchParams(form).toString() : json && JSON.stringify(json),
    });
    assert.equal(reply.status, expected, `${method} ${route}: ${reply.text.slice(0, 500)}`);
    const operation = operationOf(method, path);
    assert.ok(operation, `${method} ${path} is not in the specification`);
    const name = `${operation.method} ${operation.path}`;
    this.reached.set(name, new Set(this.reached.get(name)).add(reply.status));
    for (const line of complaints(operation, reply.status, reply.text)) this.judge(name, `${reply.status}: ${line}`);
    const isJson = /json/.test(reply.headers['content-type'] ?? '');
    return { ...reply, location: reply.headers.location, body: isJson ? JSON.parse(reply.text) : undefined };
  }

  judge(name, line) {
    const deviation = this.deviations.find(({ operation, line: pattern }) => (!operation || operation === name) && pattern.test(line));
    if (deviation) deviation.met++;
    else this.found.push(`${name} ${line}`);
  }

  verdict() {
    const stale = this.deviations.filter(({ met }) => met === 0).map(({ operation, line }) => `never met: ${operation ?? ''} ${line}`);
    return [...new Set([...this.found, ...stale])];
  }
}
