// The peer: @workos-inc/node reads the events, and better-sqlite3 or pg writes what the mirror would, into the mirror's own tables.
//
//     node feed-peer.mjs sqlite PATH URL | pg-rows DATABASE_URL URL | pg-unnest DATABASE_URL URL
//
// Prints an object with the figures. CPU is this process' own.
import { require } from './fixture.mjs';

const [kind, store, url] = process.argv.slice(2);
const { WorkOS } = await import(require.resolve('@workos-inc/node'));
const { hostname, port } = new URL(url);
const workos = new WorkOS('sk_test_bench', { apiHostname: hostname, port: Number(port), https: false });
const TYPES = 'user.created user.updated user.deleted group.created group.updated group.deleted group.user_added group.user_removed'.split(' ').map((name) => `dsync.${name}`);

const EVENT = ['id', 'type', 'created_at_ms', 'learned_at_ms', 'organization_id', 'directory_id', 'subject'];
const USER = ['id', 'directory_id', 'organization_id', 'idp_id', 'email', 'first_name', 'last_name', 'state', 'role', 'custom_attributes_json', 'created_at_ms', 'updated_at_ms', 'deleted', 'version_ms', 'version_id', 'json'];
const GROUP = ['id', 'directory_id', 'organization_id', 'idp_id', 'name', 'created_at_ms', 'updated_at_ms', 'deleted', 'version_ms', 'version_id', 'json'];
const MEMBERSHIP = ['group_id', 'user_id', 'directory_id', 'deleted', 'version_ms', 'version_id'];
const NUMBERS = /_ms$|^deleted$|^sequence$/;

const upsert = (table, columns, keys, values) =>
  `INSERT INTO ${table} (${columns}) ${values} ON CONFLICT (${keys}) DO UPDATE SET ` +
  `${columns.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`)}` +
  ` WHERE (excluded.version_ms, excluded.version_id) > (${table}.version_ms, ${table}.version_id)`;
const TABLES = { directory_user: [USER, ['id']], directory_group: [GROUP, ['id']], membership: [MEMBERSHIP, ['group_id', 'user_id']] };

// ---- What an event says ----

const ms = (time) => Date.parse(time);
const userRow = (u, e) => [u.id, u.directoryId, u.organizationId ?? null, u.idpId, u.email ?? null, u.firstName ?? null, u.lastName ?? null, u.state, u.role?.slug ?? null, JSON.stringify(u.customAttributes), ms(u.createdAt), ms(u.updatedAt), 0, ms(e.createdAt), e.id, JSON.stringify(u)];
const groupRow = (g, e) => [g.id, g.directoryId, g.organizationId ?? null, g.idpId, g.name, ms(g.createdAt), ms(g.updatedAt), 0, ms(e.createdAt), e.id, JSON.stringify(g)];

function rowsOf(e) {
  const { data } = e;
  const user = data.user ?? data;
  const name = `${user.firstName} ${user.lastName}`;
  const rows = {
    event: [e.id, e.event, ms(e.createdAt), Date.now(), user.organizationId ?? null, user.directoryId, data.group ? `${name} – ${data.group.name}` : name],
    json: JSON.stringify(e),
    directory_user: [],
    directory_group: [],
    membership: [],
  };
  const isRemoval = e.event.endsWith('_removed');
  if (!isRemoval) rows.directory_user.push(userRow(user, e));
  if (data.group) {
    if (!isRemoval) rows.directory_group.push(groupRow(data.group, e));
    rows.membership.push([data.group.id, user.id, data.group.directoryId, isRemoval ? 1 : 0, ms(e.createdAt), e.id]);
  }
  return rows;
}

// ---- Writers: each takes a page in one transaction, with its cursor ----

function sqliteWriter() {
  const Database = require('better-sqlite3');
  const db = new Database(store);
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -16384');
  const marks = (columns) => columns.map(() => '?');
  const addEvent = db.prepare(`INSERT INTO event (${EVENT}) VALUES (${marks(EVENT)}) ON CONFLICT (id) DO NOTHING`);
  const addBody = db.prepare('INSERT INTO event_body (sequence, json) VALUES (?, ?)');
  const put = Object.entries(TABLES).map(([table, [columns, keys]]) => [table, db.prepare(upsert(table, columns, keys, `VALUES (${marks(columns)})`))]);
  const move = db.prepare("UPDATE feed SET cursor = ?, cursor_at_ms = ?, polled_at_ms = ? WHERE name = 'events'");
  const page = db.transaction((events) => {
    for (const e of events) {
      const rows = rowsOf(e);
      const added = addEvent.run(rows.event); // RETURNING costs SQLite as much as the row
      if (!added.changes) continue;
      addBody.run(added.lastInsertRowid, rows.json);
      for (const [table, statement] of put) for (const row of rows[table]) statement.run(row);
    }
    move.run(events.at(-1).id, ms(events.at(-1).createdAt), Date.now());
  });
  return { write: page, close: () => db.close() };
}

async function pgWriter(isUnnest) {
  const { Client } = require('pg');
  const db = new Client({ connectionString: store });
  await db.connect();
  await db.query('SET search_path = latchkey');
  const type = (name) => (NUMBERS.test(name) ? (name === 'deleted' ? 'smallint' : 'bigint') : 'text');
  const marks = (columns) => columns.map((name, i) => `$${i + 1}`);
  const arrays = (columns) => `SELECT * FROM unnest(${columns.map((name, i) => `$${i + 1}::${type(name)}[]`)})`;
  const query = (name, text, values) => db.query({ name, text, values });
  const addEvent = `INSERT INTO event (${EVENT}) ${isUnnest ? arrays(EVENT) : `VALUES (${marks(EVENT)})`} ON CONFLICT (id) DO NOTHING RETURNING sequence, id`;
  const addBody = `INSERT INTO event_body (sequence, json) ${isUnnest ? 'SELECT * FROM unnest($1::bigint[], $2::text[])' : 'VALUES ($1, $2)'}`;
  const puts = Object.entries(TABLES).map(([table, [columns, keys]]) => [table, columns, keys, upsert(table, columns, keys, isUnnest ? arrays(columns) : `VALUES (${marks(columns)})`)]);
  const turn = (rows, columns) => columns.map((name, i) => rows.map((row) => row[i]));

  // An upsert takes each key once: of several rows the newest.
  const newest = (rows, columns, keys) => [...new Map(rows.map((row) => [keys.map((key) => row[columns.indexOf(key)]).join(), row])).values()];

  async function byRows(all) {
    for (const rows of all) {
      const { rows: added } = await query('event', addEvent, rows.event);
      if (!added.length) continue;
      await query('body', addBody, [added[0].sequence, rows.json]);
      for (const [table, , , text] of puts) for (const row of rows[table]) await query(table, text, row);
    }
  }

  async function byArrays(all) {
    const { rows: added } = await query('events', addEvent, turn(all.map((rows) => rows.event), EVENT));
    const known = new Map(added.map((row) => [row.id, row.sequence]));
    const fresh = all.filter((rows) => known.has(rows.event[0]));
    await query('bodies', addBody, [fresh.map((rows) => known.get(rows.event[0])), fresh.map((rows) => rows.json)]);
    for (const [table, columns, keys, text] of puts) {
      const rows = newest(fresh.flatMap((one) => one[table]), columns, keys);
      if (rows.length) await query(`${table}s`, text, turn(rows, columns));
    }
  }

  async function write(events) {
    const all = events.map(rowsOf);
    await db.query('BEGIN');
    await (isUnnest ? byArrays(all) : byRows(all));
    await query('move', "UPDATE feed SET cursor = $1, cursor_at_ms = $2, polled_at_ms = $3 WHERE name = 'events'", [events.at(-1).id, ms(events.at(-1).createdAt), Date.now()]);
    await db.query('COMMIT');
  }
  return { write, close: () => db.end() };
}

const writer = kind === 'sqlite' ? sqliteWriter() : await pgWriter(kind === 'pg-unnest');
const began = performance.now();
const before = process.cpuUsage();
let n = 0;
for (let after; ; ) {
  const page = await workos.events.listEvents({ events: TYPES, limit: 100, ...(after ? { after } : { rangeStart: new Date(Date.now() - 30 * 86_400_000).toISOString() }) });
  if (page.data.length === 0) break;
  await writer.write(page.data);
  n += page.data.length;
  after = page.listMetadata.after;
  if (!after) break;
}
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - began) / 1000;
await writer.close();
console.log(JSON.stringify({ n, per_second: n / seconds, cpu_us: (user + system) / n }));
