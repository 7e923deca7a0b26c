// A port for a program that is told where to listen.
import fs from 'node:fs';
import net from 'node:net';

// The kernel gives the ports of this range to listeners at port 0 and to outgoing connections, those of other tests included:
// between the look here and the program's start one would take a port of it, and a connection to it may even meet itself.
const [FIRST, LAST] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
const FROM = 10_000;
const PORTS = Array.from({ length: 65_536 - FROM }, (_, i) => FROM + i);
const OUTSIDE = PORTS.filter((port) => port < FIRST || port > LAST);
const CHOICE = OUTSIDE.length > 0 ? OUTSIDE : PORTS; // a machine may give out all of them

// On every address, so that a listener on any of them shows.
function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

export async function freePort() {
  for (let attempt = 1; attempt <= 100; attempt++) {
    const port = CHOICE[Math.floor(Math.random() * CHOICE.length)];
    if (await isFree(port)) return port;
  }
  throw new Error('100 ports in a row are taken');
}
