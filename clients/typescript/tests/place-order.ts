// Puts something on sale, stocks it and orders it, with the generated client; run by tests/contract/client.rs, which hands
// over where the shop is and the operator's key. What does not fit the description does not compile.
import { tradepost } from "../src/index.js";

const [baseUrl, key] = process.argv.slice(2);
if (baseUrl === undefined || key === undefined) throw new Error("usage: place-order <url> <key>");

function expect(condition: boolean, what: unknown): asserts condition {
  if (!condition) throw new Error(`unexpected: ${JSON.stringify(what)}`);
}

const staff = tradepost(baseUrl, key);
const guest = tradepost(baseUrl);

const product = await staff.POST("/products", {
  params: { header: {} },
  body: { sku: "TS-1", name: "Typed thing", price: { amount: 1999, currency: "USD" } },
});
expect(product.data !== undefined, product.error);
const price: number = product.data.data.price.amount;
expect(price === 1999, product.data);

const stock = await staff.POST("/stock/{sku}/adjustments", {
  params: { path: { sku: "TS-1" } },
  body: { delta: 5, reason: "delivery" },
});
expect(stock.data !== undefined && stock.data.data.available === 5, stock);

const order = await guest.POST("/orders", {
  params: { header: { "Idempotency-Key": "from-typescript", Prefer: "wait=10" } },
  body: { lines: [{ sku: "TS-1", quantity: 2 }], payment_method: "tok_ok" },
});
expect(order.data !== undefined, order.error);
expect(order.data.data.status === "placed" && order.data.data.total.amount === 3998, order.data);

const shown = await guest.GET("/orders/{order_id}", { params: { path: { order_id: order.data.data.id } } });
expect(shown.data?.data.id === order.data.data.id, shown);

// A problem is typed too.
const refused = await guest.POST("/orders", {
  params: { header: { "Idempotency-Key": "no-such-thing" } },
  body: { lines: [{ sku: "NO-1", quantity: 1 }] },
});
expect(refused.error?.code === "unknown_sku", refused);
expect(refused.error.errors[0]?.pointer === "/lines/0/sku", refused.error);

console.log(JSON.stringify({ order: order.data.data.id }));
