/** What benchmarks of adding have in common: their options, the data to add, and a campaign to add them to. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kuboBinary } from "../test/servers/kubo.ts";
import { fresh, settled, writeLarge, writeSmall } from "./files.ts";
import { inScratch, program, type Run, run } from "./measure.ts";

export interface ToAdd {
  /** For the title of a row. */
  readonly what: string;
  readonly kind: "large" | "small";
  readonly path: string;
  /** For the stores. */
  readonly folder: string;
  /** The program of a Kubo. */
  readonly kubo: string;
  readonly turns: number;
}

/** Compares adding one large file, then many small ones, of the sizes that the command line has. */
export async function compareAdding(compare: (toAdd: ToAdd) => Promise<void>): Promise<void> {
  const { values } = parseArgs({
    options: {
      large: { type: "string", default: "2147.483648" },
      small: { type: "string", default: "20000" },
      turns: { type: "string", default: "3" },
    },
  });
  const turns = Number(values.turns);
  const kubo = await kuboBinary();
  if (!kubo) throw new Error("there is no Kubo to compare with");

  await inScratch(async (folder) => {
    const large = join(folder, "large");
    writeLarge(large, Math.round(Number(values.large) * 1e6));
    await compare({ what: `one file of ${values.large} MB`, kind: "large", path: large, folder, kubo, turns });
    rmSync(large);
    const small = join(folder, "small");
    writeSmall(small, Number(values.small));
    await compare({ what: `${values.small} files of 20 kB`, kind: "small", path: small, folder, kubo, turns });
  });
}

/** Adds a path to a new campaign with our program. */
export function addToCampaign({ folder, path }: ToAdd, name: string, ...flags: readonly string[]): Promise<Run> {
  const campaign = fresh(folder, name);
  writeFileSync(join(campaign, "campaign.yaml"), "campaign: bench\n");
  writeFileSync(join(campaign, "tree.yaml"), "");
  return settled(() => run([...program, "--quiet", "add", ...flags, path], { cwd: campaign }));
}
