// Reads and tries the description at /docs in a headless Chromium; run by tests/contract/page.rs, which hands over where the
// shop is and where the browser.
import { chromium } from "playwright-core";

const [baseUrl, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const faults = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    if (message.type() === "error" || message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(`${error}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${baseUrl}/`) && !url.startsWith("data:")) faults.push(`loads ${url}`);
  });

  await page.goto(`${baseUrl}/docs`);
  await page.waitForSelector("#operations-Platform-get_health");
  const operations = await page.locator(".opblock").count();
  const title = await page.locator(".info .title").first().innerText();

  // Reading: an operation unfolds, and shows its schema.
  await page.locator("#operations-Ordering-place_order .opblock-summary-control").click();
  await page.waitForSelector("#operations-Ordering-place_order .opblock-section-request-body");

  // Trying: a request goes out, and its answer is shown.
  const health = page.locator("#operations-Platform-get_health");
  await health.locator(".opblock-summary-control").click();
  await health.locator(".try-out__btn").click();
  await health.locator(".execute").click();
  await health.locator(".live-responses-table .response-col_status").first().waitFor();
  const status = (await health.locator(".live-responses-table tbody .response-col_status").first().innerText()).trim();
  const answer = await health.locator(".live-responses-table .highlight-code").first().innerText();

  // The policy is one that the browser keeps to: a script of the page's own does not run.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.wasRun = true";
    document.body.append(script);
  });
  const wasRun = await page.evaluate(() => window.wasRun === true);
  const ofThePolicy = faults.filter((fault) => fault.includes("Content Security Policy"));
  const others = faults.filter((fault) => !ofThePolicy.includes(fault));

  await page.goto(`${baseUrl}/docs/problems#not_found`);
  const anchor = await page.locator("#not_found").innerText();
  console.log(JSON.stringify({ operations, title, status, answer, wasRun, refusals: ofThePolicy, faults: others, anchor }));
} finally {
  await browser.close();
}
