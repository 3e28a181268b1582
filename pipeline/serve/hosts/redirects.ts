/**
 * `_redirects`: what a website answers for paths that it does not have.
 *
 * @see https://specs.ipfs.tech/http-gateways/web-redirects-file/
 */
import { Refusal } from "../refusal.ts";

export interface Redirect {
  /** A path of this root, or an address with http:// or https://; with its query. */
  readonly to: string;
  /** 200, 404, 410 and 451 answer with the content at `to`. */
  readonly status: number;
}

/** Bytes ("Max File Size" of the specification). */
export const largestRedirects = 64 * 1024;

/** Rules that are read, and segments of a path that are compared with each. */
const mostRules = 2000;

const statuses = [200, 301, 302, 303, 307, 308, 404, 410, 451];

interface Rule {
  readonly from: readonly string[];
  readonly to: string;
  readonly status: number;
}

/**
 * The first rule for `path` (decoded names) with its placeholders filled in, and the client's `search` merged into its query.
 *
 * @throws Refusal 500 for a file that is no list of rules.
 */
export function redirectFor(text: string, path: readonly string[], search: string): Redirect | undefined {
  for (const { from, to, status } of rulesIn(text)) {
    const filled = match(from, path);
    if (!filled) continue;
    const target = to.replace(/:(\w+)/g, (whole, name: string) => filled.get(name) ?? whole);
    return { to: merged(target, search), status };
  }
  return undefined;
}

function rulesIn(text: string): Rule[] {
  const rules: Rule[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const wrong = (why: string) => new Refusal(500, `could not parse _redirects: line ${index + 1} ${why}`);
    const [from = "", to, status = "301", ...more] = trimmed.split(/\s+/);
    if (to === undefined || more.length > 0) throw wrong("is not FROM TO [STATUS]");
    if (!from.startsWith("/")) throw wrong("begins with no path");
    if (!to.startsWith("/") && !/^https?:\/\/[^/]/.test(to)) throw wrong("leads to no path and no address");
    if (!statuses.includes(Number(status)) || !/^\d+$/.test(status)) throw wrong("has an unsupported redirect status");
    const names = from.split("/").slice(1);
    if (names.slice(0, -1).some((name) => name.includes("*")) || /.\*|\*./.test(names.at(-1) ?? "")) {
      throw wrong("has a * that is not the last name");
    }
    const placeholders = names.filter((name) => name.startsWith(":"));
    if (new Set(placeholders).size < placeholders.length) throw wrong("names a placeholder twice");
    if (rules.push({ from: names, to, status: Number(status) }) > mostRules)
      throw wrong(`is beyond ${mostRules} rules`);
  }
  return rules;
}

/** Placeholders by name; `undefined` where the path is another. */
function match(from: readonly string[], path: readonly string[]): ReadonlyMap<string, string> | undefined {
  const filled = new Map<string, string>();
  for (const [i, name] of from.entries()) {
    if (name === "*") return filled.set("splat", path.slice(i).map(encodeURIComponent).join("/"));
    const own = path[i];
    // A slash at the end of a rule makes no difference.
    if (name === "" && i === from.length - 1 && path.length === i) return filled;
    if (own === undefined) return undefined;
    if (name.startsWith(":") && name.length > 1) filled.set(name.slice(1), encodeURIComponent(own));
    else if (decoded(name) !== own) return undefined;
  }
  return path.length === from.length ? filled : undefined;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not percent-encoded: compared as it is written.
    return name;
  }
}

/** The client's parameters replace those of the rule. */
function merged(to: string, search: string): string {
  if (search.length < 2) return to;
  const [, path = to, query = "", fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(to) ?? [];
  if (query === "") return `${path}${search}${fragment}`;
  const parameters = new URLSearchParams(query);
  const own = new URLSearchParams(search);
  for (const name of new Set(own.keys())) parameters.delete(name);
  for (const [name, value] of own) parameters.append(name, value);
  return `${path}?${parameters}${fragment}`;
}
