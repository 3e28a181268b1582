/** Hands: each writes a tree down in its own way, as people do. */
import fc from "fast-check";
import { folders, type Model } from "./trees.ts";

export type Hand = (model: Model) => string;

/** One choice after another, for ever; what they decide is up to whoever asks. */
export const handwritten: fc.Arbitrary<Hand> = fc
  .record({
    choices: fc.array(fc.nat(11), { minLength: 1, maxLength: 40 }),
    lineBreak: fc.constantFrom("\n", "\n", "\r\n"),
    start: fc.constantFrom("", "", "\ufeff", "---\n", "# yaml-language-server: $schema=x\n"),
    ended: fc.boolean(),
    braces: fc.boolean(),
  })
  .map(({ choices, lineBreak, start, ended, braces }) => (model: Model) => {
    let asked = 0;
    let notes = 0;
    const choose = <T>(...options: T[]): T => options[choices[asked++ % choices.length]! % options.length]!;
    const aside = (indent: string) =>
      choose<() => string[]>(
        () => [],
        () => [],
        () => [],
        () => [`${indent}# note ${notes++}`],
        () => [""],
        () => ["", `# note ${notes++}`],
      )();
    const behind = () => choose("", "", "", "  ", ` # behind: ${notes++}`, `   # behind`);
    const named = (name: string) =>
      /^[A-Za-z0-9.]+$/.test(name) ? choose(name, name, `"${name}"`, `'${name}'`) : JSON.stringify(name);

    const write = (below: Model, indent: string): string[] => {
      const step = choose("  ", "  ", "    ", " ", "   ");
      return [...folders(below)].flatMap(([name, inside]) => {
        const key = `${indent}${named(name)}:`;
        const cid = inside.get("");
        if (cid === undefined && braces && choose(false, false, true))
          return [...aside(indent), `${key} ${inBraces(inside)}${behind()}`];
        if (cid === undefined) return [...aside(indent), `${key}${behind()}`, ...write(inside, indent + step)];
        if (cid === "") return [...aside(indent), key + choose("", "", " {}", ' ""', " ''") + behind()];
        const value = choose<() => string[]>(
          () => [`${key} ${cid}${behind()}`],
          () => [`${key}   "${cid}"${behind()}`],
          () => [`${key} '${cid}'`],
          () => [`${key}${behind()}`, `${indent}${step}${cid}${behind()}`],
          () => [`${key} >-${behind()}`, `${indent}${step}${cid}`],
          () => [`${key} |`, `${indent}${step}${cid}`, ""],
        );
        return [...aside(indent), ...value()];
      });
    };
    const inBraces = (below: Model): string =>
      `{${[...folders(below)].map(([name, inside]) => `${named(name)}: ${inside.get("") ?? inBraces(inside)}`).join(", ")}}`;

    const text = start.replaceAll("\n", lineBreak) + [...write(model, ""), ...aside("")].join(lineBreak);
    return ended && !/[\r\n]$/.test(text) ? text + lineBreak : text;
  });
