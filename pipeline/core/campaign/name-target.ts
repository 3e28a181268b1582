/** What a name points to: `to:` of campaign.yaml, parsed. */
import { Failure } from "../failure.ts";

export interface NameTarget {
  readonly of: "tree" | "portal";
  /** Number of the release; absent for the newest one. */
  readonly release?: number;
  /** Of a file or folder in it, such as `stac/catalog.json`; empty for the whole. */
  readonly path: string;
}

/** Parses `tree`, `portal`, `portal/PATH`, `tree@N` or `portal@N`. @throws Failure `input` for anything else. */
export function parseNameTarget(written: string): NameTarget {
  const [all, of, number, path = ""] = /^(tree|portal)(?:@([1-9]\d{0,8}))?(?:\/(.+))?$/.exec(written) ?? [];
  if (all === undefined || (path !== "" && (of !== "portal" || number !== undefined))) {
    throw new Failure(
      "input",
      `to: ${JSON.stringify(written)} is neither tree, portal, portal/PATH, tree@N nor portal@N`,
    );
  }
  return { of: of === "tree" ? "tree" : "portal", path, ...(number !== undefined && { release: Number(number) }) };
}

/** As it is written in campaign.yaml. */
export function formatNameTarget({ of, release, path }: NameTarget): string {
  return `${of}${release === undefined ? "" : `@${release}`}${path === "" ? "" : `/${path}`}`;
}
