// A consumer by hand, without packages: fetch, with a cache before a breaker around a retry. Its numbers
// come from the environment, by the names of tests/inference/numbers.py.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const env = process.env;
const number = (name, otherwise) => (env[name] === undefined ? otherwise : Number(env[name]));
const flag = (name, otherwise) => (env[name] === undefined ? otherwise : env[name] !== '');

const n = {
  attempts: number('ATTEMPTS', 1),
  backoffMs: number('BACKOFF_S', 0) * 1000,
  growth: number('GROWTH', 2),
  capMs: number('CAP_S', Infinity) * 1000,
  jitter: env.JITTER ?? 'none',
  timeoutMs: number('ATTEMPT_TIMEOUT_S', 0) * 1000,
  headAlone: flag('EACH_READ', false),
  deadlineMs: number('DEADLINE_S', 0) * 1000,
  statuses: (env.STATUSES ?? '429,500,502,503,504').split(',').map(Number),
  retryAfterMs: number('RETRY_AFTER_CAP_S', 0) * 1000,
  badAnswers: flag('BAD_ANSWERS', true),
  garbagePassed: flag('GARBAGE_PASSED', false),
  failures: flag('NEVER_OPENS', false) ? Infinity : number('FAILURES', Infinity),
  openMs: number('OPEN_S', 1) * 1000,
  successes: number('SUCCESSES', 1),
  probes: number('PROBES', Infinity),
  countsMissing: flag('COUNTS_MISSING', false),
  ttlMs: number('TTL_S', 0) * 1000,
  singleFlight: flag('SINGLE_FLIGHT', false),
};

class Failed extends Error {
  constructor(why, askedMs = 0) {
    super(why);
    this.askedMs = askedMs;
  }
}
class Refused extends Error {}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function attempt(name, signals, trace) {
  const abort = new AbortController();
  const timer = n.timeoutMs ? setTimeout(() => abort.abort(), n.timeoutMs) : undefined;
  try {
    const answer = await fetch(`${env.THINGS_URL}/things/${encodeURIComponent(name)}`, {
      signal: AbortSignal.any([abort.signal, ...signals]),
      headers: { 'x-trace-id': env.TRACE === 'new' ? randomUUID() : trace },
    });
    if (n.headAlone) clearTimeout(timer);
    const text = await answer.text();
    if (n.statuses.includes(answer.status)) {
      const asked = answer.headers.get('retry-after') ?? '';
      throw new Failed(`status ${answer.status}`, /^\d+$/.test(asked) ? Number(asked) * 1000 : 0);
    }
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Refused(`status ${answer.status}`);
    return read(text, name);
  } catch (error) {
    if (error instanceof Refused || error instanceof Failed) throw error;
    throw new Failed(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function read(text, name) {
  try {
    const thing = JSON.parse(text);
    if (typeof thing?.id === 'string') return thing;
  } catch {}
  if (n.garbagePassed) return { id: name };
  throw n.badAnswers ? new Failed('no thing') : new Refused('no thing');
}

function waitMs(place, last) {
  if (n.jitter === 'decorrelated') {
    return Math.min(n.backoffMs + Math.random() * (3 * last - n.backoffMs), n.capMs);
  }
  const longest = Math.min(n.backoffMs * n.growth ** (place - 1), n.capMs);
  const least = { full: 0, equal: 0.5 }[n.jitter] ?? 1;
  return longest * (least + Math.random() * (1 - least));
}

async function retried(name, trace) {
  const signals = n.deadlineMs ? [AbortSignal.timeout(n.deadlineMs)] : [];
  const ends = n.deadlineMs ? performance.now() + n.deadlineMs : Infinity;
  let wait = n.backoffMs;
  for (let place = 1; ; place++) {
    try {
      return await attempt(name, signals, trace);
    } catch (error) {
      if (!(error instanceof Failed) || place === n.attempts) throw error;
      wait = waitMs(place, wait);
      if (n.retryAfterMs && error.askedMs > n.retryAfterMs) throw error;
      const pause = n.retryAfterMs ? Math.max(wait, error.askedMs) : wait;
      await sleep(Math.max(0, Math.min(pause, ends - performance.now())));
      if (performance.now() >= ends) throw new Failed('the call took too long');
    }
  }
}

const circuit = { state: 'closed', period: 0, failed: 0, succeeded: 0, probing: 0, since: 0 };

function enter(state) {
  const since = performance.now();
  Object.assign(circuit, { state, period: circuit.period + 1, failed: 0, succeeded: 0, probing: 0, since });
}

async function guarded(name, trace) {
  if (circuit.state === 'open' && performance.now() - circuit.since >= n.openMs) enter('half-open');
  if (circuit.state === 'open') throw new Failed('the circuit is open');
  if (circuit.state === 'half-open' && circuit.probing >= n.probes) throw new Failed('probing');
  const { period, state } = circuit;
  if (state === 'half-open') circuit.probing++;
  try {
    const thing = await retried(name, trace);
    record(period, thing !== null || !n.countsMissing);
    return thing;
  } catch (error) {
    record(period, error instanceof Refused);
    throw error;
  }
}

function record(period, succeeded) {
  if (period !== circuit.period) return;
  if (circuit.state === 'half-open') {
    circuit.probing--;
    if (!succeeded) enter('open');
    else if (++circuit.succeeded >= n.successes) enter('closed');
  } else if (succeeded) {
    circuit.failed = 0;
  } else if (++circuit.failed >= n.failures) {
    enter('open');
  }
}

const kept = new Map();
const flights = new Map();

async function thing(name, trace) {
  const found = kept.get(name);
  if (found && performance.now() - found.since < n.ttlMs) return found.thing;
  if (!n.singleFlight) return load(name, trace);
  if (!flights.has(name)) flights.set(name, load(name, trace).finally(() => flights.delete(name)));
  return flights.get(name);
}

async function load(name, trace) {
  const thing = await guarded(name, trace);
  if (n.ttlMs && thing !== null) kept.set(name, { thing, since: performance.now() });
  return thing;
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  const [, kind, name] = new URL(request.url, 'http://localhost').pathname.split('/');
  if (kind === 'health') return reply(response, 200, {});
  const trace = request.headers['x-trace-id'] ?? randomUUID();
  try {
    const found = await thing(decodeURIComponent(name), trace);
    return found === null ? reply(response, 404, {}) : reply(response, 200, { thing: found });
  } catch (error) {
    return reply(response, error instanceof Refused ? 400 : 503, { why: error.message });
  }
});

server.listen(Number(env.PORT), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ event: 'listening', data: { url } }));
});
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
