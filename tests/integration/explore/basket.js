// A basket of three services, with one mistake. For tests of `seatrial explore`.
// node basket.js basket|prices|stock
const http = require("http");
const me = process.argv[2];

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function get(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1500) });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

async function basket() {
  const items = ["book-000001", "book-000002", "book-000003"];
  const prices = await Promise.all(items.map((one) => get(`${process.env.PRICES}/prices/${one}`)));
  const stock = await get(`${process.env.STOCK}/stock/${items[0]}`);
  const total = prices.reduce((sum, one) => sum + (one ? one.price : 0), 0);
  return { total, count: stock.count }; // the mistake: there may be none
}

http
  .createServer(async (request, response) => {
    const [what] = request.url.split("/").filter(Boolean);
    if (what === "health") return send(response, 200, {});
    if (me === "prices") return send(response, 200, { price: 5 });
    if (me === "stock") return send(response, 200, { count: 3 });
    try {
      return send(response, 200, await basket());
    } catch (error) {
      const ours = error instanceof TypeError && !error.cause;
      return send(response, ours ? 500 : 503, { title: String(error) });
    }
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
