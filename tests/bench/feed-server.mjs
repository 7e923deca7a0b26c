// A stand-in for the Events API with any number of events: none is kept, each is made from its number when it is asked for. It
// answers after a latency, honours after, range_start and range_end, and counts.
import http from 'node:http';

const DAYS = 20; // from the first event to the last, which is two minutes old
const PAGE = 100;
const DIRECTORY = 'directory_01BENCH00000000000000000D';
const ORGANIZATION = 'org_01BENCH0000000000000000000R';
const ATTRIBUTES = JSON.stringify({
  department_name: 'Operations, north-west',
  cost_center_name: 'C-4411',
  employee_type: 'full time',
  division_name: 'Logistics',
  manager_email: 'samuel.adeyemi@juniper.example',
  addresses: [{ type: 'work', locality: 'Bergen', region: 'Vestland', postal_code: '5003', country: 'NO', primary: true, street_address: 'Kong Oscars gate 17' }],
});

const id = (prefix, n) => `${prefix}_01BENCH${String(n).padStart(19, '0')}`;

function user(n, at, version) {
  return (
    `{"object":"directory_user","id":"${id('directory_user', n)}","directory_id":"${DIRECTORY}","organization_id":"${ORGANIZATION}",` +
    `"idp_id":"00u${n}","email":"person.${n}@juniper.example","first_name":"Mira","last_name":"Holt-Berg ${n}.${version}","name":"Mira Holt-Berg ${n}.${version}",` +
    `"emails":[{"primary":true,"type":"work","value":"person.${n}@juniper.example"}],"job_title":"Shift lead","username":"person.${n}","state":"active",` +
    `"raw_attributes":{},"custom_attributes":${ATTRIBUTES},"role":{"slug":"member"},"roles":[{"slug":"member"}],` +
    `"created_at":"2026-03-02T08:01:00.000Z","updated_at":"${at}"}`
  );
}

const group = (n) =>
  `{"object":"directory_group","id":"${id('directory_group', n)}","idp_id":"g-${n}","directory_id":"${DIRECTORY}","organization_id":"${ORGANIZATION}",` +
  '"name":"Night shift","raw_attributes":{},"created_at":"2026-03-02T08:02:00.000Z","updated_at":"2026-03-02T08:02:00.000Z"}';

// Of ten events three make a user, four change one, two add one to a group of fifty, one takes one out of it.
function event(i, at) {
  const turn = i % 10;
  const known = Math.floor(i / 10) * 3;
  const n = turn < 3 ? known + turn : (i * 7919) % (known + 3);
  const kind = turn < 3 ? 'user.created' : turn < 7 ? 'user.updated' : turn < 9 ? 'group.user_added' : 'group.user_removed';
  const data = turn < 7 ? user(n, at, turn < 3 ? 0 : i) : `{"directory_id":"${DIRECTORY}","user":${user(n, at, i)},"group":${group(n % 50)}}`;
  return `{"object":"event","id":"${id('event', i)}","event":"dsync.${kind}","data":${data},"created_at":"${at}","context":{}}`;
}

export class FeedServer {
  constructor(n) {
    this.n = n;
    this.last = Date.now() - 120_000;
    this.gap = (DAYS * 86_400_000) / n;
    this.latency = 0;
    this.server = http.createServer((request, response) => this.#answer(new URL(request.url, 'http://x'), response));
    this.server.keepAliveTimeout = 60_000;
    this.reset();
  }

  reset(latency = 0) {
    this.latency = latency;
    this.pages = 0;
    this.asked = []; // when each request came
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  time(i) {
    return Math.floor(this.last - (this.n - 1 - i) * this.gap);
  }

  // The most requests within any one second.
  busiest() {
    let most = 0;
    for (let from = 0, to = 0; to < this.asked.length; to++) {
      while (this.asked[to] - this.asked[from] >= 1000) from++;
      most = Math.max(most, to - from + 1);
    }
    return most;
  }

  // The first event from this time on.
  #from(ms) {
    let i = Math.min(this.n, Math.max(0, Math.floor((ms - this.time(0)) / this.gap) - 2));
    while (i < this.n && this.time(i) < ms) i++;
    return i;
  }

  #page(query) {
    const after = query.get('after');
    const start = query.get('range_start');
    const end = query.get('range_end');
    const limit = Math.min(PAGE, Number(query.get('limit') ?? 10));
    const first = after ? Number(after.slice(-19)) + 1 : start ? this.#from(Date.parse(start)) : 0;
    const over = end ? this.#from(Date.parse(end) + 1) : this.n;
    const last = Math.min(first + limit, over);
    const events = [];
    for (let i = first; i < last; i++) events.push(event(i, new Date(this.time(i)).toISOString()));
    const next = last < over && last > first ? `"${id('event', last - 1)}"` : 'null';
    return Buffer.from(`{"object":"list","data":[${events}],"list_metadata":{"before":null,"after":${next}}}`);
  }

  #answer({ pathname, searchParams }, response) {
    if (pathname !== '/events') return response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not found"}');
    const send = () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    };
    this.asked.push(performance.now());
    this.pages++;
    const body = this.#page(searchParams); // while the latency runs
    const began = this.asked.at(-1);
    if (this.latency === 0) return send();
    setTimeout(send, Math.max(0, this.latency - (performance.now() - began)));
  }
}
