// Part of node-client.mjs: events, directories, webhooks.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { WorkOS as WorkOS8 } from '@workos-inc/node-8';
import { control, waitFor } from '../e2e/support.mjs';
import { world } from './client-world.mjs';
import { eventComplaints } from './openapi.mjs';

test('listEvents walks all events by cursor, each once, oldest first', async () => {
  const types = ['dsync.activated', 'dsync.user.created', 'dsync.group.created', 'dsync.group.user_added'];
  const seen = [];
  for (let after; ; ) {
    const page = await world.workos.events.listEvents({ events: types, limit: 5, ...(after && { after }) });
    seen.push(...page.data);
    assert.ok(page.data.length <= 5);
    after = page.listMetadata.after;
    if (!after) break;
  }
  assert.ok(seen.length > 5);
  assert.equal(new Set(seen.map((event) => event.id)).size, seen.length);
  const times = seen.map((event) => event.createdAt);
  assert.deepEqual(times, [...times].sort());
  assert.ok(seen.every((event) => types.includes(event.event)));
});

test('listEvents by time and by organization', async () => {
  const { events, organizations } = world.workos;
  const all = (await events.listEvents({ events: ['dsync.user.created'], limit: 100 })).data;
  const middle = all[Math.floor(all.length / 2)].createdAt;
  const later = (await events.listEvents({ events: ['dsync.user.created'], limit: 100, rangeStart: middle })).data;
  const earlier = (await events.listEvents({ events: ['dsync.user.created'], limit: 100, rangeEnd: middle })).data;
  assert.ok(later.every(({ createdAt }) => createdAt >= middle) && earlier.every(({ createdAt }) => createdAt <= middle));
  assert.deepEqual(new Set([...later, ...earlier].map(({ id }) => id)), new Set(all.map(({ id }) => id)));
  const [organization] = (await organizations.listOrganizations()).data;
  const own = (await events.listEvents({ events: ['dsync.user.created'], limit: 100, organizationId: organization.id })).data;
  assert.deepEqual(own.map(({ id }) => id), all.filter(({ data }) => data.organizationId === organization.id).map(({ id }) => id));
  await assert.rejects(events.listEvents({ events: [] }), { status: 422 });
});

test('directories, their users and their groups', async () => {
  const { directorySync } = world.workos;
  const { data: directories } = await directorySync.listDirectories();
  assert.ok(directories.length >= 2);
  const state = await control(world.emulator, 'GET', '/state');
  for (const directory of directories) {
    assert.deepEqual(await directorySync.getDirectory(directory.id), directory);
    const users = await (await directorySync.listUsers({ directory: directory.id })).autoPagination();
    const groups = await (await directorySync.listGroups({ directory: directory.id })).autoPagination();
    const own = (list) => list.filter((record) => record.directory_id === directory.id).map((record) => record.id).sort();
    assert.deepEqual(users.map((user) => user.id).sort(), own(state.directory_users));
    assert.deepEqual(groups.map((group) => group.id).sort(), own(state.directory_groups));
    assert.ok(users.every((user) => user.directoryId === directory.id));
    const members = (await directorySync.listUsers({ group: groups[0].id })).data;
    assert.ok(members.length > 0 && members.every((user) => user.groups.some((group) => group.id === groups[0].id)));
    assert.deepEqual(await directorySync.getUser(users[0].id), users[0]);
    assert.deepEqual(await directorySync.getGroup(groups[0].id), groups[0]);
    const groupsOfUser = (await directorySync.listGroups({ user: users[0].id })).data;
    assert.deepEqual(groupsOfUser.map(({ id }) => id).sort(), users[0].groups.map(({ id }) => id).sort());
  }
  await assert.rejects(directorySync.getUser('directory_user_none'), { status: 404 });
});

test('a directory is deleted, and dsync.deleted is the only event about it', async () => {
  const { directorySync, events } = world.workos;
  const { id } = await control(world.emulator, 'POST', '/directories', { name: 'Passing', organization_id: (await directorySync.listDirectories()).data[0].organizationId });
  const user = await control(world.emulator, 'POST', `/directories/${id}/users`, { email: 'passing@juniper.example' });
  await directorySync.deleteDirectory(id);
  await assert.rejects(directorySync.getDirectory(id), { status: 404 });
  const page = await events.listEvents({ events: ['dsync.deleted', 'dsync.user.deleted'], limit: 100 });
  assert.equal(page.data.filter(({ event, data }) => event === 'dsync.deleted' && data.id === id).length, 1);
  assert.equal(page.data.filter(({ data }) => data.id === user.id).length, 0);
});

async function receive(use) {
  const bodies = [];
  const server = http.createServer((request, reply) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      bodies.push({ body, signature: request.headers['workos-signature'] });
      reply.end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/hook`, bodies);
  } finally {
    server.close();
  }
}

test('webhook endpoints: made, listed, changed, removed', async () => {
  const { webhooks } = world.workos;
  const made = await webhooks.createWebhookEndpoint({ endpointUrl: 'http://127.0.0.1:9/a', events: ['user.created'] });
  assert.match(made.secret, /^whsec_/);
  assert.ok((await webhooks.listWebhookEndpoints()).data.some(({ id }) => id === made.id));
  const changed = await webhooks.updateWebhookEndpoint({ id: made.id, status: 'disabled', events: ['user.deleted'] });
  assert.deepEqual([changed.status, changed.events], ['disabled', ['user.deleted']]);
  await assert.rejects(webhooks.createWebhookEndpoint({ endpointUrl: 'http://127.0.0.1:9/a', events: ['user.created'] }), { status: 409 });
  await webhooks.deleteWebhookEndpoint({ id: made.id });
  await assert.rejects(webhooks.deleteWebhookEndpoint({ id: made.id }), { status: 404 });
});

test('webhooks are signed as both libraries verify it, and read as the event of the feed', async () => {
  const { webhooks, events } = world.workos;
  await receive(async (endpointUrl, bodies) => {
    const { secret, id } = await webhooks.createWebhookEndpoint({ endpointUrl, events: ['dsync.user.created', 'dsync.user.deleted'] });
    const { directories } = await control(world.emulator, 'GET', '/state');
    const person = await control(world.emulator, 'POST', `/directories/${directories[0].id}/users`, { first_name: 'Zoë' });
    await control(world.emulator, 'DELETE', `/directory_users/${person.id}`, {});
    await waitFor('two deliveries', () => bodies.length === 2);
    for (const { body, signature } of bodies) {
      assert.deepEqual(eventComplaints(JSON.parse(body)), []);
      const event = await webhooks.constructEvent({ payload: body, sigHeader: signature, secret });
      assert.equal(event.data.firstName, 'Zoë');
      assert.equal(await webhooks.verifyHeader({ payload: body, sigHeader: signature, secret }), true);
      const [timestamp, hash] = webhooks.getTimestampAndSignatureHash(signature);
      assert.equal(await webhooks.computeSignature(timestamp, body, secret), hash);
      const old = await new WorkOS8('sk_x').webhooks.constructEvent({ payload: JSON.parse(body), sigHeader: signature, secret });
      assert.equal(old.id, event.id);
      const feed = (await events.listEvents({ events: [event.event], limit: 100 })).data;
      assert.deepEqual(feed.find((other) => other.id === event.id), event);
      await assert.rejects(webhooks.constructEvent({ payload: body.replace('Zo', 'Za'), sigHeader: signature, secret }));
      await assert.rejects(webhooks.constructEvent({ payload: body, sigHeader: signature, secret: `${secret}x` }));
      await assert.rejects(webhooks.constructEvent({ payload: body, sigHeader: signature, secret, tolerance: -1 }));
    }
    await webhooks.deleteWebhookEndpoint({ id });
  });
});
