/**
 * dois.yaml: which DOI each version of a dataset has.
 *
 * It is next to tree.yaml, `fieldtree doi` writes it, and people commit it. DataCite has no list of what belongs to a campaign,
 * so this file is the only list of which DOI belongs to which data.
 *
 * ```yaml
 * products/HALO/radar.zarr:
 *   doi: 10.5072/ft.k3v9xq2m7a
 *   cid: bafy…
 *   state: findable
 *   earlier:                       # versions before, newest first
 *     - { doi: 10.5072/ft.8w2kd0f3pz, cid: bafy…, state: findable }
 * ```
 */
import * as v from "valibot";
import { isObjection, readCid } from "../cid.ts";
import type { Finding } from "../report/finding.ts";
import { byBytes } from "../text/order.ts";
import { checkedYaml } from "../yaml/validate.ts";
import { isDoi } from "./doi.ts";

export const doiStates = ["draft", "registered", "findable"] as const;
export type DoiState = (typeof doiStates)[number];

export interface VersionDoi {
  readonly doi: string;
  /** Of the data, as tree.yaml had it. */
  readonly cid: string;
  /** `draft`: not resolvable and can be deleted; `registered`: resolves; `findable`: is in DataCite's index too. */
  readonly state: DoiState;
}

export interface DatasetDoi extends VersionDoi {
  /** Of versions before, newest first; absent where there are none. */
  readonly earlier?: readonly VersionDoi[];
}

/** By path in the tree. */
export type Dois = ReadonlyMap<string, DatasetDoi>;

/** Whether a DOI in that state resolves: only then it is shown to others. */
export const resolves = ({ state }: Pick<VersionDoi, "state">): boolean => state !== "draft";

const version = {
  doi: v.pipe(v.string("must be a DOI"), v.check(isDoi, "must be a DOI, like 10.5072/abcd")),
  cid: v.pipe(
    v.string("must be a CID"),
    v.check((text) => !isObjection(readCid(text)), "must be the CID of the data"),
  ),
  state: v.picklist(doiStates, `must be one of ${doiStates.join(", ")}`),
};

const fields = "needs doi:, cid: and state:";
const doisSchema = v.pipe(
  v.record(
    v.string(),
    v.strictObject(
      { ...version, earlier: v.optional(v.array(v.strictObject(version, fields), "must be a list of versions")) },
      `${fields}, and may have earlier:`,
    ),
    "must be path: {doi, cid, state} lines",
  ),
  // Two datasets with one DOI: it would resolve to one of them, and be cited for both.
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const known = new Map<string, string>();
    for (const [path, entry] of Object.entries(dataset.value)) {
      for (const { doi } of [entry, ...(entry.earlier ?? [])]) {
        const other = known.get(doi.toLowerCase());
        known.set(doi.toLowerCase(), path);
        if (other === undefined) continue;
        addIssue({
          message: other === path ? `has the DOI ${doi} twice` : `has the DOI ${doi}, which ${other} has too`,
          path: [{ type: "object", origin: "value", input: dataset.value, key: path, value: entry }],
        });
      }
    }
  }),
);

/** Text of dois.yaml → DOIs by path, in the order of the file; none where a finding is an error. */
export function readDois(source: string | Uint8Array): { dois: Dois; findings: Finding[] } {
  const { value, findings } = checkedYaml(source, doisSchema);
  const entries = Object.entries(value ?? {}).map(([path, { earlier, ...entry }]): [string, DatasetDoi] => [
    path,
    { ...entry, ...(earlier && earlier.length > 0 && { earlier }) },
  ]);
  return { dois: new Map(entries), findings };
}

/** The text of dois.yaml: paths in byte order, every text quoted. */
export function writeDois(dois: Dois): string {
  const quoted = (text: string) => JSON.stringify(text);
  const one = ({ doi, cid, state }: VersionDoi) => [`doi: ${quoted(doi)}`, `cid: ${quoted(cid)}`, `state: ${state}`];
  const entries = [...dois]
    .sort(([a], [b]) => byBytes(a, b))
    .map(([path, { earlier = [], ...entry }]) => {
      const before = earlier.map((each) => `    - { ${one(each).join(", ")} }\n`);
      const list = before.length > 0 ? `  earlier:\n${before.join("")}` : "";
      return `${quoted(path)}:\n  ${one(entry).join("\n  ")}\n${list}`;
    });
  return `# DOIs of datasets, written by \`fieldtree doi\`: commit it.\n${entries.join("")}`;
}
