/** How long the program takes to its first output, compared with a Node that does nothing. */
import { inTurns, program, programName, row, run } from "./measure.ts";

row(
  "fieldtree --help",
  await inTurns(10, {
    [programName]: () => run([...program, "--help"]),
    "node -e 0": () => run([process.execPath, "-e", "0"]),
  }),
);
