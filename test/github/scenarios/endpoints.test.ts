/** A pull request that sends secrets elsewhere: one line of YAML, which waits for a label of its own. */
import { expect, it } from "vitest";
import { aStory, timeoutMs } from "../story.ts";

it("is reported first, and ready to merge for as long as it has the label that allows it", timeoutMs, async () => {
  const { repo, gateway, plan, report } = await aStory({ tree: { "notes.txt": "notes" } });
  const rules = `campaign: sea\ngateways: ["${gateway.url}", "https://evil.example"]\n`;
  const pull = await (await repo.fork("visitor")).openPull({ files: { "campaign.yaml": rules } });
  const look = async (action: string) => {
    const planned = await plan(pull, { action });
    await report(pull, planned);
    return planned;
  };

  const { file } = await look("opened");
  expect(file!.endpoints).toEqual({
    changes: [{ key: "gateways", from: null, to: "https://evil.example" }],
    moreChanges: 0,
    label: "fieldtree:endpoints",
    labelled: false,
  });
  expect(pull.statuses().at(-1)).toMatchObject({ state: "failure" });
  const { body } = pull.comments().at(-1)!;
  const warning = body.indexOf("This changes in campaign.yaml where data, secrets or announcements go.");
  expect(warning).toBeGreaterThan(0);
  expect(warning).toBeLessThan(body.indexOf("changed-endpoints"));
  expect(body).toContain("- `gateways` is added: `https://evil.example`");
  expect(body).toContain("It is not ready to merge without the label `fieldtree:endpoints`.");

  pull.label("fieldtree:endpoints");
  await look("labeled");
  expect(pull.statuses().at(-1)).toMatchObject({ state: "success" });
  expect(pull.comments().at(-1)!.body).toContain("The label `fieldtree:endpoints` allows it.");

  pull.unlabel("fieldtree:endpoints");
  await look("unlabeled");
  expect(pull.statuses().at(-1)).toMatchObject({ state: "failure" });
});
