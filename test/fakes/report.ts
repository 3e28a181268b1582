/** Reports for renderers: one to read, and any at all with other people's words wherever there can be any. */
import fc from "fast-check";
import type { DatasetLine, Report, ReportedChange, ReportedFinding, State } from "../../pipeline/core/report/report.ts";
import { v1 } from "../core/cids.ts";

export const gatewayUrl = "https://gateway.example.org";

export function aReport(given: Partial<Report> = {}): Report {
  return {
    campaign: "orcestra",
    sha: "a1b2c3d".padEnd(40, "0"),
    baseSha: "9".repeat(40),
    state: "ready",
    root: { from: v1(100), to: v1(101) },
    changes: [aChange()],
    findings: [],
    conflicts: [],
    onlyTextual: false,
    removals: { leaves: 0, of: 245, folders: [], tooMany: false, label: "allow-removals", labelled: false },
    endpoints: { changes: [], moreChanges: 0, label: "fieldtree:endpoints", labelled: false },
    owners: [],
    onMerge: { pins: { atLeast: 0, of: [], also: [] }, names: [] },
    preview: gatewayUrl,
    reproduce: "fieldtree report --base git:9 git:a",
    ...given,
  };
}

export function aChange(
  given: Partial<DatasetLine> = {},
  path = "products/HALO/radar.zarr",
  seed = 1,
): Extract<ReportedChange, { op: "add" }> {
  const dataset = {
    path,
    title: "Cloud radar",
    variables: ["dbz", "lwp"],
    start: "2024-08-09T00:00:00Z",
    end: "2024-09-28T00:00:00Z",
    bbox: [-60, -2.5, 20, 10],
    differs: [],
    ...given,
  };
  return {
    op: "add",
    path,
    to: v1(seed),
    line: 3,
    size: 4_100_000_000,
    reach: { from: ["gateway.example.org"], blocks: 9 },
    datasets: [dataset],
    moreDatasets: 0,
  };
}

export function aFinding(given: Partial<ReportedFinding> = {}): ReportedFinding {
  return {
    file: "tree.yaml",
    level: "error",
    rule: "not-a-cid",
    line: 12,
    column: 5,
    path: "products/x",
    says: '"foo" is not a CID',
    touched: true,
    ...given,
  };
}

/** What people have tried on bots, logs and renderers. */
export const hostileWords = [
  "`",
  "``` ```",
  "```",
  "`` ` ``",
  "\\`",
  "\\",
  "\\|",
  "|",
  "| a | b |",
  "~~~",
  "\n",
  "\r\n",
  "\n\n# big\n",
  "\u2028",
  "\u0085",
  "\t",
  "<img src=x onerror=alert(1)>",
  "<!-- fieldtree:report -->",
  "<!--",
  "-->",
  "</details>",
  "<details open>",
  "<script>",
  "&lt;b&gt;",
  "&#64;octocat",
  "@octocat",
  "@org/team",
  "#1",
  "GH-1",
  "octo/repo#1",
  "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
  "https://evil.example",
  "www.evil.example",
  "evil@example.org",
  "[a](https://evil.example)",
  "![a](https://evil.example/p.png)",
  "[a]: https://evil.example",
  "<https://evil.example>",
  "[^1]",
  "**bold**",
  "- [x] task",
  "1. one",
  "> quote",
  "---",
  "===",
  "$x$",
  ":tada:",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as a runner reads it
  "${{ secrets.DNS_KEY }}",
  "$\u200b{{",
  "::set-output name=a::b",
  "\n::stop-commands::x",
  "##[add-mask]x",
  "##[group]",
  "::error::x",
  "%0A::warning::x",
  "\u202eevil",
  "\u2066",
  "\u200b",
  "\u200d",
  "\ufeff",
  "\u00ad",
  "\u061c",
  "\u{e0041}",
  "\ufe0f",
  "\u3164",
  "\u00a0",
  "\ud800",
  "\udc00",
  "\u001b[2J",
  "\u0000",
  "\u009b31m",
  "__proto__",
  "constructor",
  "x".repeat(5000),
  "```suggestion\nevil\n```",
] as const;

const words = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<string>(...hostileWords) },
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constant(" a "),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(""));

const cids = fc.oneof(fc.nat(50).map(v1), words);

const degrees = fc.double({ min: -180, max: 180, noNaN: true });

const datasets: fc.Arbitrary<DatasetLine> = fc.record(
  {
    path: words,
    title: words,
    variables: fc.array(words, { maxLength: 4 }),
    start: words,
    end: words,
    bbox: fc.tuple(degrees, degrees, degrees, degrees),
    files: fc.nat(1000),
    differs: fc.array(words, { maxLength: 3 }),
    failed: words,
  },
  { requiredKeys: ["path", "variables", "differs"] },
);

const details = {
  path: words,
  line: fc.nat(1000),
  size: fc.option(fc.nat()),
  datasets: fc.array(datasets, { maxLength: 3 }),
  moreDatasets: fc.nat(3),
};
const reach = fc.record(
  { from: fc.array(words, { maxLength: 2 }), blocks: fc.nat(9), problem: words, partial: words },
  { requiredKeys: ["from", "blocks"] },
);

const changes: fc.Arbitrary<ReportedChange> = fc.oneof(
  fc.record({ op: fc.constant("add" as const), to: cids, reach, ...details }),
  fc.record({
    op: fc.constantFrom("update" as const, "respell" as const, "move" as const),
    from: cids,
    to: cids,
    reach,
    ...details,
  }),
  fc.record({ op: fc.constant("remove" as const), from: cids, ...details }),
);

const findings: fc.Arbitrary<ReportedFinding> = fc.record(
  {
    file: fc.constantFrom("tree.yaml", "campaign.yaml"),
    level: fc.constantFrom("error" as const, "warning" as const, "hint" as const),
    rule: fc.constantFrom("not-a-cid", "data-unreachable"),
    line: fc.integer({ min: 1, max: 999 }),
    column: fc.integer({ min: 1, max: 999 }),
    path: words,
    says: words,
    touched: fc.boolean(),
    fix: words,
    replacement: words,
  },
  { requiredKeys: ["file", "level", "rule", "line", "column", "path", "says", "touched"] },
);

const states: readonly State[] = ["conflict", "needs changes", "data out of reach", "stale", "ready"];

/** Strangers' words in every place that a stranger can reach. */
export const anyReport: fc.Arbitrary<Report> = fc
  .record({
    state: fc.constantFrom(...states),
    changes: fc.array(changes, { maxLength: 4 }),
    findings: fc.array(findings, { maxLength: 4 }),
    onlyTextual: fc.boolean(),
    owners: fc.array(
      fc.record({ pattern: words, owners: fc.constant(["halo-lead"]), paths: fc.array(words, { maxLength: 2 }) }),
      { maxLength: 2 },
    ),
    reproduce: words,
    onMerge: fc.constantFrom("portal", "tree").map((to) => ({
      pins: { atLeast: 0, of: [], also: [] },
      names: [{ name: "example.org", to, ttl: 300 }],
    })),
    removals: fc.record({
      leaves: fc.nat(9),
      of: fc.nat(9),
      folders: fc.array(words, { maxLength: 2 }),
      tooMany: fc.boolean(),
      label: words,
      labelled: fc.boolean(),
    }),
    endpoints: fc.record(
      {
        changes: fc.array(fc.record({ key: words, from: fc.option(words), to: fc.option(words) }), { maxLength: 3 }),
        moreChanges: fc.nat(3),
        unreadable: words,
        label: words,
        labelled: fc.boolean(),
      },
      { requiredKeys: ["changes", "moreChanges", "label", "labelled"] },
    ),
  })
  .map((given) => aReport(given));
