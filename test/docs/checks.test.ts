import { expect, it } from "vitest";
import { rules } from "../../pipeline/core/checks/rules.ts";
import { checksPage } from "./checks.ts";

it("docs/checks.md lists every rule for datasets: npm run docs writes it anew", async () => {
  const page = checksPage();
  for (const name of Object.keys(rules)) expect(page).toContain(`| \`${name}\`<br>`);
  await expect(page).toMatchFileSnapshot("../../docs/checks.md");
});
