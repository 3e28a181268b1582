/**
 * The form in which `table.ts` has the names: sorted, each without the words that it shares with the one above.
 *
 * ```
 * :K
 * 0air_temperature
 * 2anomaly
 * =
 * 0old_name 1newer_name
 * ```
 *
 * A colon begins the canonical units of the names that follow. A name's first character counts, to base 36, the words
 * that it takes from the name above. Behind the line `=` are the names that CF has replaced, each with its successors,
 * which take words from it. Standard names repeat each other, so this is a third of the bytes, and a new version of
 * the table changes few lines.
 */

export interface NameTable {
  /** Canonical units by name; "" for none. */
  readonly units: ReadonlyMap<string, string>;
  /** What a name that CF has replaced is called now: one name, seldom several. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

export function readTable(text: string): NameTable {
  const units = new Map<string, string>();
  const aliases = new Map<string, readonly string[]>();
  let unit = "";
  let above = "";
  let isAlias = false;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line === "=") isAlias = true;
    else if (line.startsWith(":")) unit = line.slice(1);
    else {
      const [name = "", ...successors] = line.split(" ");
      above = expanded(name, above);
      if (isAlias)
        aliases.set(
          above,
          successors.map((successor) => expanded(successor, above)),
        );
      else units.set(above, unit);
    }
  }
  return { units, aliases };
}

/** In one order, whatever the order of the maps. */
export function writeTable({ units, aliases }: NameTable): string {
  const byUnit = Map.groupBy(units, ([, unit]) => unit);
  const lines: string[] = [];
  let above = "";
  const add = (name: string, ...successors: readonly string[]) => {
    lines.push([shortened(name, above), ...successors.map((successor) => shortened(successor, name))].join(" "));
    above = name;
  };
  for (const unit of [...byUnit.keys()].sort()) {
    lines.push(`:${unit}`);
    for (const name of byUnit
      .get(unit)!
      .map(([name]) => name)
      .sort())
      add(name);
  }
  lines.push("=");
  for (const alias of [...aliases.keys()].sort()) add(alias, ...aliases.get(alias)!);
  return `${lines.join("\n")}\n`;
}

const base = 36;

function shortened(name: string, above: string): string {
  const [words, before] = [name.split("_"), above.split("_")];
  let shared = 0;
  while (shared < base - 1 && shared < words.length && words[shared] === before[shared]) shared++;
  return `${shared.toString(base)}${words.slice(shared).join("_")}`;
}

function expanded(text: string, above: string): string {
  const shared = above.split("_", Number.parseInt(text[0]!, base));
  return [...shared, ...(text.length > 1 ? [text.slice(1)] : [])].join("_");
}
