// A consumer in Node.js that shows an account; READS says what it makes of the provider's answer.
import { createServer } from 'node:http';

const asAgreed = (account) => {
  if (account.plan !== 'pro' && account.plan !== 'free') throw new Error('another plan');
  if (typeof account.id !== 'string') throw new Error('another id');
  return { id: account.id, plan: account.plan };
};
const reads = {
  as_agreed: asAgreed,
  // More than its pact: a field, and a header.
  more: (account) => ({ ...asAgreed(account), to: account.owner.email.toLowerCase() }),
  header: (account, headers) => {
    if (headers.get('x-region') !== 'eu') throw new Error('another region');
    return asAgreed(account);
  },
  // Less than its pact.
  less: (account) => {
    if (typeof account.id !== 'string') throw new Error('another id');
    return { id: account.id, at: Date.now() };
  },
};
const read = reads[process.env.READS];

createServer(async (request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/health') return reply(200, {});
  try {
    const answer = await fetch(`${process.env.ACCOUNTS_URL}/accounts/${request.url.slice('/shown/'.length)}`);
    if (answer.status !== 200) throw new Error('another status');
    if (!(answer.headers.get('content-type') ?? '').startsWith('application/json')) throw new Error('another type');
    reply(200, read(await answer.json(), answer.headers));
  } catch (error) {
    reply(502, { error: String(error) });
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
