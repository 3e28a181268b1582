/** Five mistakes at five lines: said at each of them, mended with a click where one line mends it. */
import { expect, it } from "vitest";
import { aStory, timeoutMs } from "../story.ts";

it("reports five mistakes at their five lines, and suggests the fixes that a click can apply", timeoutMs, async () => {
  const { repo, leaf, propose } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const [good, text] = [leaf("lidar"), (await repo.read("tree.yaml"))!];
  const lines = [
    `  lidar.txt: ${good.slice(0, 30)}`, // copied by half
    `  a.txt: https://ipfs.io/ipfs/${good}`,
    "  b.txt: not-a-cid",
    `  ..: ${good}`,
    `  "c\\u200bd.txt": ${good}`,
  ];
  const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": `${text}${lines.join("\n")}\n` } });

  const { plan } = await propose(pull);

  expect(plan.code).toBe(1);
  const errors = plan.annotations.filter(({ level }) => level === "error");
  expect(errors.map(({ line, file }) => [file, line])).toEqual([3, 4, 5, 6, 7].map((line) => ["tree.yaml", line]));
  const [check] = pull.checks();
  expect(check).toMatchObject({ conclusion: "failure", title: expect.stringContaining("needs changes") });
  expect(
    check!.annotations.filter(({ annotation_level }) => annotation_level === "failure").map((one) => one.start_line),
  ).toEqual([3, 4, 5, 6, 7]);
  expect(pull.statuses()).toMatchObject([{ state: "failure", description: "5 errors" }]);
  expect(pull.reviewComments()).toMatchObject([
    { path: "tree.yaml", line: 4, body: expect.stringContaining(`\n  a.txt: ${good}\n`) },
  ]);
});
