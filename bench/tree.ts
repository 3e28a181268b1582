/**
 * A large tree.yaml checked, tidied and merged.
 *
 * `node bench/tree.ts [leaves, default 100 000]`. Checking and tidying are compared with the YAML parser we build on, which
 * reads the same file into values and prints them; merging by path with what git does by line. Each side changes one
 * leaf in a hundred and adds as many, in the same folders, as colleagues do after a flight; what git leaves to people is
 * counted from its marks.
 */
import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cidOfDigest, codecs } from "../pipeline/dag/block.ts";
import { inScratch, inTurns, program, programName, row, run } from "./measure.ts";

const count = Number(process.argv[2] ?? 100_000);

/** Two and a half leaves a folder, as a campaign has them. */
function treeOf(side: "base" | "ours" | "theirs"): string {
  const lines = ["products:"];
  for (let i = 0; i < count; i++) {
    const [flight, before] = [i, i - 1].map((leaf) => Math.floor(leaf / 2.5));
    if (flight !== before) lines.push(`  flight-${flight}:`);
    const mine = i % 100 === { base: -1, ours: 0, theirs: 1 }[side];
    lines.push(`    level-${i}.zarr: ${cidOf(mine ? `${side} ${i}` : `${i}`)}`);
    if (mine) lines.push(`    level-${i}-${side}.zarr: ${cidOf(`new ${side} ${i}`)}`);
  }
  return `${lines.join("\n")}\n`;
}

const cidOf = (what: string) => cidOfDigest(codecs.dagPb, hash("sha256", what, "buffer")).toString();

await inScratch(async (folder) => {
  const files = { base: join(folder, "base"), ours: join(folder, "ours"), theirs: join(folder, "theirs") };
  for (const [side, file] of Object.entries(files)) await writeFile(file, treeOf(side as keyof typeof files));
  const merged = join(folder, "merged");
  const { base, ours, theirs } = files;
  const parser = fileURLToPath(new URL("../node_modules/.bin/js-yaml", import.meta.url));
  const read = await inTurns(3, {
    [`${programName} check`]: () => run([...program, "check", base]),
    [`${programName} fmt`]: () => run([...program, "fmt", base]),
    "js-yaml FILE": () => run([parser, base]),
  });
  row(`a tree of ${count} leaves, read`, read);
  const conflicts = Array.from({ length: 128 }, (_, code) => code);
  const results = await inTurns(3, {
    [programName]: () => run([...program, "merge", base, ours, theirs, "-o", merged]),
    "git merge-file": () => run(["git", "merge-file", "-p", "--quiet", ours, base, theirs], { accept: conflicts }),
  });
  row(`two trees of ${count} leaves`, results);
  const marks = results["git merge-file"]!.stdout.match(/^<<<<<<< /gm)?.length ?? 0;
  const leaves = (await readFile(merged, "utf8")).match(/\.zarr: /g)?.length ?? 0;
  console.log(`  conflicts: none by path (${leaves} leaves merged), ${marks} by line`);
});
