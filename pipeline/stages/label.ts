/** What our pins are called: `campaign/what@release`, so that every old release keeps its own. */
export function label(campaign: string, what: "tree" | "portal" | "release", release: number): string {
  return `${campaign}/${what}@${release}`;
}
