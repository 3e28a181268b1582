/** Patterns of names: of buckets in campaign.yaml, of resources and actions in policies, of origins and headers in CORS rules. */

/** Whether `text` is like a pattern with `*` for any characters and `?` for one. Takes no more steps than both are long, multiplied. */
export function isLike(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
