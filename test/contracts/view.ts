/** What every view promises. `past` should be a few releases that matter to the view. Run it against yours; add what you wish you had known. */
import { expect, it } from "vitest";
import type { Content, Past, View } from "../../pipeline/views/view.ts";

export function viewContract<State>(view: View<State>, past: readonly Past[], content: Content): void {
  const fold = (from: State, releases: readonly Past[]) =>
    releases.reduce((state, release) => view.step(state, release), from);
  const rendered = (state: State) => [...view.render(state, content)];
  const stored = (state: State) => JSON.parse(JSON.stringify(state)) as State;

  it.each([...past.keys(), past.length])("is the same when resumed from stored state after %i releases", (n) => {
    const resumed = fold(stored(fold(view.empty, past.slice(0, n))), past.slice(n));
    expect(rendered(resumed)).toEqual(rendered(fold(view.empty, past)));
  });

  it("leaves the state it is given alone", () => {
    const before = fold(view.empty, past.slice(0, -1));
    const copy = structuredClone(before);
    fold(before, past.slice(-1));
    rendered(before);
    expect(before).toEqual(copy);
  });

  it("renders the same bytes twice", () => {
    const state = fold(view.empty, past);
    expect(rendered(state)).toEqual(rendered(state));
  });

  it("puts its files inside the portal, each at a path of its own", () => {
    const paths = rendered(fold(view.empty, past)).map(({ path }) => path);
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
