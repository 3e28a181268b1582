import { describe, expect, it } from "vitest";
import { generations, perObject, perText } from "../../pipeline/core/remembered.ts";

describe("what is remembered", () => {
  it("is worked out once for an object, even where it is nothing", () => {
    let asked = 0;
    const of = perObject((key: { readonly n: number }) => {
      asked++;
      return key.n > 1 ? key.n : undefined;
    });
    const [one, two] = [{ n: 1 }, { n: 2 }];
    expect([of(one), of(two), of(one), of(two)]).toEqual([undefined, 2, undefined, 2]);
    expect(asked).toBe(2);
    expect(of({ n: 2 })).toBe(2);
    expect(asked, "another object that is equal is another one").toBe(3);
  });

  it("is worked out once for a text, as long as it is among the last ones", () => {
    const asked: string[] = [];
    const of = perText(2, (text) => {
      asked.push(text);
      return text.length;
    });
    for (const text of ["a", "bb", "a", "ccc", "a", "d", "e", "f", "bb"]) of(text);
    expect(asked).toEqual(["a", "bb", "ccc", "d", "e", "f", "bb"]);
  });

  it("is never more than twice as much as was asked for", () => {
    const map = generations<number, number>(100);
    for (let i = 1; i <= 1000; i++) map.set(i, i);
    const here = Array.from({ length: 1000 }, (_, i) => i + 1).filter((i) => map.get(i) !== undefined);
    expect(here.length).toBeLessThanOrEqual(200);
    expect(here).toContain(1000);
  });
});
