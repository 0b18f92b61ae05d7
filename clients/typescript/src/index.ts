// Typed access to Tradepost: `openapi-fetch` over the types that `npm run generate` makes of the API's description.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";

/** Why a request did not get what it asked for. */
export type Problem = components["schemas"]["Problem"];

/** A client of the Tradepost at `baseUrl`; `token` is an access token or an API key, and nothing for a guest. */
export function tradepost(baseUrl: string, token?: string): Client<paths> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createClient<paths>({ baseUrl, headers });
}
