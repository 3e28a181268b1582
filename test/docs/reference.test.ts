import { expect, it } from "vitest";
import { verbs } from "../../pipeline/commands/verbs.ts";
import { reference } from "./reference.ts";

it("docs/reference.md is what the verbs say: npm run docs writes it anew", async () => {
  const page = await reference();
  for (const { name } of verbs) expect(page).toContain(`\n### ${name}\n`);
  await expect(page).toMatchFileSnapshot("../../docs/reference.md");
});
