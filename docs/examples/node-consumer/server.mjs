// A small service that shows the card of a user whom it asks user-service for. It has no packages:
// node:http serves, the built-in fetch asks. What its calls promise is declared in seatrial.toml.
import { createServer } from 'node:http';

const provider = process.env.USER_SERVICE_URL ?? 'http://127.0.0.1:3001';

const retry = { attempts: 3, backoffMs: 100, growth: 2, capMs: 1000, tryTimeoutMs: 1000, deadlineMs: 4000 };
const breaker = { failures: 5, openMs: 1500, successes: 2, probes: 2 };

class Unavailable extends Error {}

// One attempt: a timeout over connect, headers and the whole body; garbage is a failure.
async function attempt(id, signal) {
  const timeout = AbortSignal.timeout(retry.tryTimeoutMs);
  const answer = await fetch(`${provider}/users/${encodeURIComponent(id)}`, {
    signal: AbortSignal.any([timeout, signal]),
  });
  if (answer.status === 404) {
    await answer.arrayBuffer();
    return null;
  }
  if (!answer.ok) {
    await answer.arrayBuffer();
    throw new Unavailable(`user-service answered ${answer.status}`);
  }
  const user = await answer.json();
  if (typeof user?.id !== 'string' || typeof user?.role !== 'string') {
    throw new Unavailable('user-service answered with another schema');
  }
  return user;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Attempts with full jitter between them, within the call's deadline.
async function retried(id) {
  const ends = performance.now() + retry.deadlineMs;
  const deadline = AbortSignal.timeout(retry.deadlineMs);
  for (let number = 1; ; number++) {
    try {
      return await attempt(id, deadline);
    } catch (error) {
      const longest = Math.min(retry.backoffMs * retry.growth ** (number - 1), retry.capMs);
      const wait = Math.random() * longest;
      if (number === retry.attempts || performance.now() + wait >= ends) throw error;
      await sleep(wait);
    }
  }
}

// A circuit breaker around the retry. A result counts in the period in which its call began.
const circuit = { state: 'closed', period: 0, failed: 0, succeeded: 0, probing: 0, opened: 0 };

function enter(state) {
  Object.assign(circuit, { state, period: circuit.period + 1, failed: 0, succeeded: 0, probing: 0 });
  if (state === 'open') circuit.opened = performance.now();
}

async function guarded(id) {
  if (circuit.state === 'open' && performance.now() - circuit.opened >= breaker.openMs) enter('half-open');
  if (circuit.state === 'open') throw new Unavailable('the circuit is open');
  if (circuit.state === 'half-open' && circuit.probing >= breaker.probes) throw new Unavailable('probing');
  const { period, state } = circuit;
  if (state === 'half-open') circuit.probing++;
  try {
    const user = await retried(id);
    if (period === circuit.period) {
      circuit.failed = 0;
      if (state === 'half-open') {
        circuit.probing--;
        if (++circuit.succeeded >= breaker.successes) enter('closed');
      }
    }
    return user;
  } catch (error) {
    if (period === circuit.period && (state === 'half-open' || ++circuit.failed >= breaker.failures)) enter('open');
    throw error;
  }
}

function reply(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  const card = /^\/cards\/([^/]+)$/.exec(path);
  if (path === '/healthz') return reply(response, 200, { status: 'ok' });
  if (request.method !== 'GET' || !card) return reply(response, 404, { error: 'not found' });
  try {
    const user = await guarded(decodeURIComponent(card[1]));
    if (user === null) return reply(response, 404, { error: 'no such user' });
    return reply(response, 200, { card: { id: user.id, role: user.role } });
  } catch {
    return reply(response, 503, { error: 'user-service is down' }, { 'retry-after': '2' });
  }
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
