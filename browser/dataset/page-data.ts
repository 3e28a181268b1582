/** The data that the prerendered page has for its scripts. It was written by `core/page`, and read as anything from the network is. */
import { isRecord } from "../../pipeline/core/json.ts";

export interface PageData {
  readonly path: string;
  readonly cid: string;
  readonly reader: string;
  /** Relative to the page, as are the next three: its STAC item, its data, the portal. */
  readonly item: string;
  readonly data: string;
  readonly portal: string;
  readonly reference?: string;
  /** The campaign's domain, and files below its portal: the dataset's list of versions, and its page. */
  readonly newest: { readonly domain?: string; readonly versions: string; readonly page: string };
  readonly gateways: readonly string[];
}

/** `undefined` for a page without data, or with data of another form. */
export function pageDataIn(page: Document): PageData | undefined {
  const text = page.getElementById("dataset")?.textContent;
  if (!text) return undefined;
  const data: unknown = JSON.parse(text);
  if (!isRecord(data) || !isRecord(data.newest) || !Array.isArray(data.gateways)) return undefined;
  const isText = (name: string) => typeof data[name] === "string";
  return ["path", "cid", "reader", "item", "data", "portal"].every(isText) ? (data as unknown as PageData) : undefined;
}
