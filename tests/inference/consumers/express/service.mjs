// A consumer of Express, axios with axios-retry, and opossum around it, as their documentation shows
// them. Its numbers come from the environment, by the names of tests/inference/numbers.py.
import axios from 'axios';
import axiosRetry from 'axios-retry';
import express from 'express';
import CircuitBreaker from 'opossum';

const env = process.env;
const number = (name, otherwise) => (env[name] === undefined ? otherwise : Number(env[name]));

const client = axios.create({
  baseURL: env.THINGS_URL,
  timeout: number('ATTEMPT_TIMEOUT_S', 0) * 1000,
  proxy: false,
});
// Its first wait is twice the factor, and up to a fifth is added to each.
axiosRetry(client, {
  retries: number('ATTEMPTS', 1) - 1,
  retryDelay: (count, error) => axiosRetry.exponentialDelay(count, error, number('BACKOFF_S', 0) * 500),
});

async function load(name, trace) {
  const answer = await client.get(`/things/${encodeURIComponent(name)}`, {
    headers: { 'x-trace-id': trace },
    validateStatus: (status) => status === 200 || status === 404,
  });
  if (answer.status === 404) return null;
  if (typeof answer.data?.id !== 'string') throw new Error('no thing');
  return answer.data;
}

const breaker = new CircuitBreaker(load, {
  timeout: false,
  errorThresholdPercentage: number('RATE', 0.5) * 100,
  volumeThreshold: number('MINIMUM_CALLS', 5),
  rollingCountTimeout: 30000,
  resetTimeout: number('OPEN_S', 1) * 1000,
});

const app = express();
app.get('/health/live', (_, response) => response.json({}));
app.get('/thing/:name', async (request, response) => {
  try {
    const thing = await breaker.fire(request.params.name, request.get('x-trace-id'));
    if (thing === null) return response.status(404).json({});
    return response.json({ thing });
  } catch (error) {
    return response.status(503).json({ why: error.message });
  }
});
const server = app.listen(Number(env.PORT), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ event: 'listening', data: { url } }));
});
process.on('SIGTERM', () => process.exit(0));
