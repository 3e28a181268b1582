/** What every view promises. `past` should be a few releases that matter to the view. Run it against yours; add what you wish you had known. */
import { expect, it } from "vitest";
import type { Content, Past, States, View } from "../../pipeline/views/view.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

export function viewContract(view: View<States>, past: readonly Past[], content: Content): void {
  const rendered = (states: States) => filesOf(view, states, content);
  const stored = (states: States) => JSON.parse(JSON.stringify(states)) as States;
  const all = statesAfter(view, past);

  it.each([...past.keys(), past.length])("is the same when resumed from stored state after %i releases", (n) => {
    const resumed = statesAfter(view, past.slice(n), stored(statesAfter(view, past.slice(0, n))));
    expect(rendered(resumed)).toEqual(rendered(all));
  });

  it("leaves the states it is given alone", () => {
    const before = statesAfter(view, past.slice(0, -1));
    const copy = structuredClone(before);
    statesAfter(view, past.slice(-1), before);
    rendered(before);
    expect(before).toEqual(copy);
  });

  it("renders the same bytes twice", () => {
    expect(rendered(all)).toEqual(rendered(all));
  });

  it("puts its files inside the portal, each at a path of its own", () => {
    const paths = rendered(all).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    for (const path of paths) {
      expect(path).toMatch(/^(?!\.{0,2}\/)(?!.*\/\.{0,2}(?:\/|$)).+$/);
      expect(
        paths.filter((other) => other.startsWith(`${path}/`)),
        `${path} is a file and a folder`,
      ).toEqual([]);
    }
  });
}
