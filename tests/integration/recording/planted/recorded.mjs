// A consumer in Node.js that shows a customer: it passes on, it branches, it checks, it ignores.
import { createServer } from 'node:http';

const labels = { company: 'Company', va: 'Assistant' };

createServer(async (request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/health') return reply(200, {});
  try {
    const id = request.url.slice('/shown/'.length);
    const answer = await fetch(`${process.env.CUSTOMERS_URL}/v1/customers/${id}?expand=orders`, {
      headers: { authorization: 'Bearer very-secret' },
    });
    if (answer.status === 404) return reply(404, { error: 'nobody' });
    if (answer.status !== 200) throw new Error('another status');
    const customer = await answer.json();
    const label = labels[customer.role];
    if (label === undefined) throw new Error('another role');
    if (customer.id !== id) throw new Error('somebody else');
    const since = new Date(customer.createdAt);
    reply(200, {
      label,
      name: customer.name.trim(),
      mail: customer.contact.email,
      year: Number.isNaN(since.getTime()) ? since.toISOString() : since.getUTCFullYear(),
      orders: customer.orders.map((order) => ({ number: order.number, total: (order.cents / 100).toFixed(2) })),
    });
  } catch (error) {
    reply(502, { error: String(error) });
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
