// A shop of three Node services, and mistakes that only faults show; DEFECT names the one that is in.
// node shop.js front|catalogue|payments
const http = require("http");
const crypto = require("crypto");
const me = process.argv[2];
const has = (name) => process.env.DEFECT === name;
const charges = new Map();

class Failed extends Error {}

async function ask(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(1500), ...options });
    if (!answer.ok && !has("ignores-status")) throw new Failed(answer.status);
    return await answer.json();
  } catch (error) {
    if (has("raises-half") && answer?.ok) throw error;
    throw new Failed(error);
  }
}

async function look() {
  const [price, stock] = await Promise.all([
    ask(`${process.env.CATALOGUE}/prices/book-000017`),
    ask(`${process.env.CATALOGUE}/stock/book-000017`),
  ]);
  const seen = ask(`${process.env.CATALOGUE}/views`, { method: "POST", body: "{}" });
  if (has("dies-of-a-lost-view")) await new Promise((done) => setTimeout(done, 300));
  else seen.catch(() => {});
  return { price: price.price, count: stock.count };
}

async function order() {
  const headers = has("charges-without-key") ? {} : { "idempotency-key": crypto.randomUUID() };
  const body = JSON.stringify({ item: "book-000017" });
  const charge = () => ask(`${process.env.PAYMENTS}/charges`, { method: "POST", headers, body });
  return await charge().catch(charge);
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function charge(request) {
  const key = request.headers["idempotency-key"] ?? crypto.randomUUID();
  if (!charges.has(key)) charges.set(key, crypto.randomUUID());
  return { id: charges.get(key) };
}

http
  .createServer(async (request, response) => {
    request.resume();
    const [what] = request.url.split("/").filter(Boolean);
    if (what === "health") return send(response, 200, {});
    if (me === "catalogue") return send(response, 200, { price: 5, count: 3 });
    if (me === "payments") return send(response, 201, charge(request));
    try {
      return what === "orders" ? send(response, 201, await order()) : send(response, 200, await look());
    } catch (error) {
      return send(response, error instanceof Failed ? 503 : 500, { title: String(error) });
    }
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
