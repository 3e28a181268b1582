/** A report as people see it: in a comment, at their lines, in a job's log. Strangers' words are in all of them. */
import fc from "fast-check";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { linkedPlan } from "../../../browser/contribute/linked-plan.ts";
import { largestPlan, type Planned, planIn } from "../../../browser/contribute/plan.ts";
import type { Report } from "../../../pipeline/core/report/report.ts";
import { annotationsOf, workflowCommands } from "../../../pipeline/github/report/annotations.ts";
import { reportMarkdown } from "../../../pipeline/github/report/markdown.ts";
import { statusOf } from "../../../pipeline/github/report/status-line.ts";
import { suggestionsOf } from "../../../pipeline/github/report/suggestions.ts";
import { reportText } from "../../../pipeline/github/report/text.ts";
import { v1 } from "../../core/cids.ts";
import { aChange, aFinding, anyReport, aReport, gatewayUrl, hostileWords } from "../../fakes/report.ts";

/** As GitHub's own renderer reads it, and without the cleaning that GitHub does afterwards. */
const html = (text: string) =>
  micromark(text, "utf8", { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

/** What no reader sees, or what turns a line round. */
const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}]/u;

/** A campaign with a name that leads to its portal. */
const withPortal = {
  onMerge: { pins: { atLeast: 0, of: [], also: [] }, names: [{ name: "example.org", to: "portal", ttl: 300 }] },
};

/** With every stranger's word where it can be, one report for each. */
const everyHostileReport = hostileWords.map((word) => [JSON.stringify(word.slice(0, 40)), hostile(word)] as const);

describe("a comment", () => {
  it.each(everyHostileReport)("shows %s and does nothing", (_, report) => expectInert(reportMarkdown(report), report));

  it("is nothing but its own markup, whatever a proposal holds", () => {
    fc.assert(
      fc.property(anyReport, (report) => expectInert(reportMarkdown(report), report)),
      { numRuns: 300 },
    );
  });

  it("says what would be live, from where it can be reached, and what happens on merge", () => {
    const update = { ...aChange({ differs: ["variable lwp is called LWP now"] }), op: "update" as const, from: v1(7) };
    const text = reportMarkdown(
      aReport({
        changes: [
          update,
          { op: "move", path: "b", from: "a", to: v1(3), line: 1, size: 5, datasets: [], moreDatasets: 0 },
        ],
        owners: [{ pattern: "products/**", owners: ["halo-lead"], paths: ["products/HALO/radar.zarr"] }],
        onMerge: {
          pins: { atLeast: 2, of: ["dkrz", "gwdg", "pinata"], also: ["mirror"] },
          names: [{ name: "latest.example.org", to: "tree", ttl: 300 }],
        },
      }),
    );
    expect(text).toBe(`### ✅ Ready to merge · \`a1b2c3d\`

**1 updated, 1 moved, 4.1 GB new**

root [\`${short(v1(100))}\`](${gatewayUrl}/ipfs/${v1(100)}) → \`${v1(101)}\` ([preview](${gatewayUrl}/ipfs/${v1(101)}), as soon as a node has it)

| | Path | Data | Size | Reachable from | Dataset |
|---|---|---|--:|---|---|
| ✏️ updated | \`products/HALO/radar.zarr\` | [\`${short(v1(1))}\`](${gatewayUrl}/ipfs/${v1(1)}) | 4.1 GB | \`gateway.example.org\` | \`Cloud radar\` · 2 variables · \`2024-08-09 to 2024-09-28\` · 2.5° S to 10° N, 60° W to 20° E |
| ➡️ moved | \`a\` → \`b\` | [\`${short(v1(3))}\`](${gatewayUrl}/ipfs/${v1(3)}) | 5 B |  |  |

**What differs in updated datasets**

- \`products/HALO/radar.zarr\`
  - \`variable lwp is called LWP now\`

<details><summary>Variables, times and places</summary>

- \`products/HALO/radar.zarr\` · \`Cloud radar\` · 2 variables · \`2024-08-09 to 2024-09-28\` · 2.5° S to 10° N, 60° W to 20° E: \`dbz\`, \`lwp\`

</details>

**Reviewers**: \`halo-lead\` for 1 change in \`products/**\`

**When this is merged** the root above is pinned at 2 of \`dkrz\`, \`gwdg\`, \`pinata\`, and at \`mirror\` when they can, then \`latest.example.org\` points to the \`tree\` (old answers live 300 s).

To see the same: \`fieldtree report --base git:9 git:a\`
`);
  });

  it("links what merging would publish in the campaign's own data browser, which needs no node that holds it", async () => {
    const findings = [aFinding({ says: "chunks are small", line: 3 })];
    const plan = await planLinkedIn(aReport({ ...withPortal, findings }));
    expect(plan).toMatchObject({
      state: "ready",
      root: v1(101),
      changes: [{ op: "add", path: "products/HALO/radar.zarr", cid: v1(1), moreDatasets: 0 }],
      findings: [{ says: "chunks are small", where: "tree.yaml:3" }],
    });
    expect(plan?.changes[0]?.datasets[0]).toMatchObject({ title: "Cloud radar", variables: ["dbz", "lwp"] });
    expect(reportMarkdown(aReport())).not.toContain("contribute.html");
    expect(reportMarkdown(aReport({ ...withPortal, changes: [] }))).not.toContain("contribute.html");
  });

  it("links a plan of any size in an address of a few thousand characters, which says how much it leaves out", async () => {
    const changes = Array.from({ length: 3000 }, (_, i) => ({ ...aChange(), path: `products/${i}.zarr`, to: v1(i) }));
    const plan = await planLinkedIn(aReport({ ...withPortal, changes }));
    expect(plan?.changes.length).toBeGreaterThan(10);
    expect((plan?.changes.length ?? 0) + (plan?.moreChanges ?? 0)).toBe(3000);
  });

  it("puts what its author has to fix first, and folds away what others left behind", () => {
    const text = reportMarkdown(
      aReport({
        state: "needs changes",
        findings: [
          aFinding({ level: "hint", rule: "cid-v0", touched: false, line: 80 }),
          aFinding({ level: "warning", rule: "same-content", touched: false, line: 70 }),
          aFinding({ level: "warning", rule: "not-nfc", line: 60 }),
          aFinding({ fix: v1(9) }),
        ],
      }),
    );
    const order = ["**not-a-cid**", "**not-nfc**", "| Path |", "2 more findings", "**same-content**", "**cid-v0**"];
    const places = order.map((part) => text.indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const alone = reportMarkdown(aReport({ findings: [aFinding({ level: "hint", rule: "cid-v0" })] }));
    expect(alone).toContain("<summary>1 finding</summary>");
    expect(text).toContain(`- ❌ \`tree.yaml:12\` **not-a-cid** \`"foo" is not a CID\`\n  fix: \`${v1(9)}\``);
  });

  it("says that a conflict is one of lines only, with the command that takes both sides", () => {
    expect(reportMarkdown(aReport({ onlyTextual: true }))).toContain(
      'merge.fieldtree.driver "fieldtree merge %O %A %B -o %A"',
    );
    expect(reportMarkdown(aReport())).not.toContain("merge.fieldtree.driver");
  });

  it("shows before everything else what changes in where data and secrets go, and that it can't be checked", () => {
    const label = { moreChanges: 0, label: "fieldtree:endpoints", labelled: false };
    const changes = [{ key: "pins.services.dkrz.token", from: "KUBO_TOKEN", to: "DNS_TOKEN" }];
    const findings = [aFinding({ rule: "changed-endpoints" })];
    const text = reportMarkdown(aReport({ endpoints: { ...label, changes }, findings }));
    const line = "- `pins.services.dkrz.token` changes from `KUBO_TOKEN` to `DNS_TOKEN`\n";
    expect(text).toContain(line);
    expect(text.indexOf(line)).toBeLessThan(text.indexOf("**changed-endpoints**"));
    const broken = aReport({ endpoints: { ...label, changes: [], unreadable: "line 1: not YAML" } });
    for (const shown of [reportMarkdown(broken), reportText(broken)]) {
      expect(shown).toContain("The proposed campaign.yaml can't be read");
      expect(shown).toContain("line 1: not YAML");
      expect(shown).not.toContain("fieldtree:endpoints");
    }
    expect(reportMarkdown(aReport())).not.toContain("campaign.yaml");
  });

  it("says what to do where the data is out of reach", () => {
    const lost = { ...aChange(), reach: { from: [], blocks: 0, problem: "no answer" } };
    const text = reportMarkdown(aReport({ state: "data out of reach", changes: [lost] }));
    expect(text).toContain("fieldtree car export PATH");
    expect(text).toContain("⚠️ nowhere");
  });

  it.each([
    ["2 000 changes", 65_000, { changes: many(2000, (i) => aChange({}, `products/${i}`, i)) }],
    ["2 000 findings", 65_000, { findings: many(2000, (i) => aFinding({ line: i + 1, says: "☃".repeat(600) })) }],
    [
      "a thousand owners and both",
      65_000,
      {
        owners: many(1000, owned),
        changes: many(900, (i) => aChange({}, `ü${i}`, i)),
        findings: many(900, (i) => aFinding({ says: "\u202e".repeat(600), line: i + 1 })),
      },
    ],
    [
      "a hundred endpoints",
      65_000,
      {
        endpoints: {
          changes: many(100, (i) => ({ key: `pins.${i}`, from: "☃".repeat(500), to: "\u202e".repeat(500) })),
          moreChanges: 900,
          label: "fieldtree:endpoints",
          labelled: false,
        },
      },
    ],
    ["2 000 changes in a summary", 1_000_000, { changes: many(2000, (i) => aChange({}, `products/${i}`, i)) }],
    [
      "2 000 changes with 500 variables each",
      65_000,
      { changes: many(2000, (i) => aChange({ variables: many(500, (j) => `variable${j}`) }, `p/${i}`, i)) },
    ],
  ])("of %s stays within what GitHub takes, and counts what is left out", (_, atMost, given) => {
    const report = aReport(given);
    const text = reportMarkdown(report, { atMost, more: "https://github.com/o/r/actions/runs/1" });
    expect(Buffer.byteLength(text)).toBeLessThan(atMost);
    for (const [, more] of text.matchAll(/\nand (\d+) more; \[all of them]\(https:\/\/github.com/g))
      expect(Number(more)).toBeGreaterThan(0);
    const rows = text.match(/^\| [➕✏]/gm)?.length ?? 0;
    if (rows < report.changes.length)
      expect(text).toContain(`\nand ${report.changes.length - rows} more; [all of them]`);
    // Reading a megabyte takes the oracle its time, and shows nothing more.
    if (atMost < 100_000) expect(html(text).match(/<table>/g)).toHaveLength(1);
  });
});

describe("annotations", () => {
  it("are at their lines, the most urgent first, with what to do", () => {
    const findings = [aFinding({ level: "hint", rule: "cid-v0", line: 1 }), aFinding({ fix: "write it out" })];
    expect(annotationsOf({ findings })).toEqual([
      {
        path: "tree.yaml",
        line: 12,
        column: 5,
        level: "failure",
        title: "not-a-cid",
        message: '"foo" is not a CID\nfix: write it out',
      },
      { path: "tree.yaml", line: 1, column: 5, level: "notice", title: "cid-v0", message: '"foo" is not a CID' },
    ]);
  });

  it("are lines that a runner takes apart as they were put together", () => {
    const [line] = workflowCommands({ findings: [aFinding({ says: "100% of a,b:c\nand", fix: "d" })] });
    expect(line).toBe("::error file=tree.yaml,line=12,col=5,title=not-a-cid::100%25 of a,b:c\\u{a}and%0Afix: d");
    expect(workflowCommands({ findings: [aFinding({ file: "a,b:c%.yaml" })] })[0]).toMatch(
      "::error file=a%2Cb%3Ac%25.yaml,line=12,",
    );
  });

  it("are counted where a runner would drop them", () => {
    const findings = many(214, (i) => aFinding({ line: i + 1 }));
    const lines = workflowCommands({ findings });
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("::error::and 205 more; fieldtree report lists all of them");
    expect(annotationsOf({ findings })).toHaveLength(214);
  });

  it("give a runner no order of a stranger's, whatever a proposal holds", () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        for (const line of workflowCommands(report)) {
          expect(line).toMatch(
            /^::(?:error|warning|notice) file=(?:tree|campaign)\.yaml,line=\d+,col=\d+,title=[a-z-]+::[^\n\r]*$/,
          );
          expectOrderless(line.slice(2));
        }
        for (const { message } of annotationsOf(report)) expectOrderless(message);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a job's log", () => {
  it.each(everyHostileReport)("shows %s and does nothing", (_, report) => expectOrderless(reportText(report)));

  it("has no line that a stranger began, whatever a proposal holds", () => {
    fc.assert(
      fc.property(anyReport, (report) => expectOrderless(reportText(report))),
      { numRuns: 300 },
    );
  });
});

describe("suggestions", () => {
  it("hold the whole line, one a line, ten at most", () => {
    const findings = many(30, (i) => aFinding({ line: 1 + (i % 15), replacement: `  a: ${v1(i)}` }));
    const suggestions = suggestionsOf({ findings });
    expect(suggestions).toHaveLength(10);
    expect(new Set(suggestions.map(({ line }) => line)).size).toBe(10);
    expect(suggestions[0]).toEqual({
      path: "tree.yaml",
      line: 1,
      body: `\`not-a-cid\`: \`"foo" is not a CID\`\n\n\`\`\`suggestion\n  a: ${v1(0)}\n\`\`\``,
    });
  });

  it.each(["```", "~~~", "a: \u202eb", "##[add-mask]x", "x".repeat(3000)])(
    "are not made of what must not stand as it is: %j",
    (line) => {
      expect(suggestionsOf({ findings: [aFinding({ replacement: line })] })).toEqual([]);
    },
  );

  it("are only for lines the proposal wrote", () => {
    expect(suggestionsOf({ findings: [aFinding({ touched: false, replacement: "a" })] })).toEqual([]);
  });

  it("are one block of code and nothing else, whatever a proposal holds", () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        for (const { body } of suggestionsOf(report)) {
          expectOrderless(body);
          const shown = html(body);
          expect(shown.match(/<pre>/g)).toHaveLength(1);
          expect(outsideCode(shown)).toBe(":");
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a status", () => {
  it.each([
    [{ state: "ready" as const }, "success", `1 added; root ${v1(101)}`],
    [{ state: "needs changes" as const, findings: [aFinding(), aFinding({ level: "hint" })] }, "failure", "1 error"],
    [{ state: "data out of reach" as const }, "pending", "data in the tree is out of reach"],
    [{ state: "stale" as const }, "pending", "the base branch moved since this was checked"],
  ])("of %o is %s", (given, state, description) => {
    expect(statusOf(aReport(given))).toEqual({ state, description });
  });

  it("fits, and contains no text of the proposal", () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const { description } = statusOf(report);
        expect(description.length).toBeLessThanOrEqual(140);
        expect(description).toMatch(/^[a-z0-9 ,;]+$/i);
      }),
    );
  });
});

/** The plan that a comment links, as the page reads it that the link opens. */
async function planLinkedIn(report: Report): Promise<Planned | undefined> {
  const [address = ""] =
    /https:\/\/gateway\.example\.org\/ipns\/example\.org\/contribute\.html#[^)]*/.exec(reportMarkdown(report)) ?? [];
  expect(address.length).toBeLessThan(6200);
  const blob = await linkedPlan(new URL(address))?.read(largestPlan);
  return blob && planIn(await blob.text());
}

function expectInert(text: string, report: Report): void {
  expectOrderless(text);
  const shown = html(text);
  const tags = new Set([...shown.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag));
  const ours = "h3 p strong code a ul li table thead tbody tr th td details summary pre em".split(" ");
  expect([...tags].filter((tag) => !ours.includes(tag!))).toEqual([]);
  expect(shown.match(/<(?:details|summary)[^>]+>/g)).toBeNull();
  for (const [, attributes] of shown.matchAll(/<[a-z0-9]+ ([^>]*)>/g)) {
    expect(attributes).toMatch(
      /^(?:href="https:\/\/gateway\.example\.org\/(?:ipfs\/[A-Za-z0-9]{1,128}|ipns\/example\.org\/contribute\.html#plan=[\w-]{1,6000})"|align="right"|class="language-sh")$/,
    );
  }
  // Outside code GitHub looks for people, issues, commits and addresses.
  expect(outsideCode(shown)).not.toMatch(/[@#\u{10ffff}]|https?:|www\.|[0-9a-f]{7}|GH-|:[a-z]+:/iu);
  const rows = shown.split("<tr>").slice(1);
  expect(rows).toHaveLength(report.changes.length === 0 ? 0 : report.changes.length + 1);
  for (const row of rows) expect(row.match(/<t[hd]/g)).toHaveLength(6);
}

/** Nothing that a runner, or a bot looking for its own words, would take for an order; nothing unseen. */
function expectOrderless(text: string): void {
  expect(text).not.toMatch(/\$\{\{|##\[|<!--/);
  for (const line of text.split("\n")) expect(line.trimStart()).not.toMatch(/^::/);
  expect(text.replaceAll("\ufe0f", "")).not.toMatch(unseen);
}

function outsideCode(shown: string): string {
  return shown
    .replace(/<code[^>]*>.*?<\/code>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .trim();
}

function hostile(word: string): Report {
  const change = aChange(
    { title: word, variables: [word], start: word, differs: [word], path: word, failed: word },
    word,
  );
  return aReport({
    state: "needs changes",
    changes: [
      change,
      {
        ...aChange({ title: word, path: word, variables: [word] }, word),
        op: "move",
        from: word,
        to: word,
      } as Report["changes"][number],
    ],
    findings: [
      aFinding({ says: word, fix: word, path: word }),
      aFinding({ says: word, level: "hint", touched: false }),
    ],
    owners: [{ pattern: word, owners: ["halo-lead"], paths: [word] }],
    removals: { leaves: 1, of: 1, folders: [word], tooMany: true, label: word, labelled: true },
    endpoints: { changes: [{ key: word, from: word, to: word }], moreChanges: 1, label: word, labelled: true },
    reproduce: word,
    ...withPortal,
  });
}

function many<T>(count: number, one: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => one(i));
}

function owned(i: number) {
  return { pattern: `folder${i}/**`, owners: [`owner${i}`], paths: [`folder${i}/a`] };
}

const short = (cid: string) => `${cid.slice(0, 8)}…${cid.slice(-4)}`;
