/**
 * Outputs of a step for the next job, and its summary for people.
 *
 * Both are files that GitHub reads when the step is over. A random delimiter encloses each value, so that no value can end
 * early and set another output.
 */
import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";
import type { Environment } from "./client.ts";

/** GitHub's limits in bytes, for the outputs of one job and the summary of one step. */
const limits = { outputs: 1024 * 1024, summary: 1024 * 1024 };

/** Sets this step's outputs; does nothing outside of Actions. @throws Failure `input` where they exceed GitHub's limit. */
export async function setOutputs(env: Environment, outputs: Readonly<Record<string, string>>): Promise<void> {
  const file = env.GITHUB_OUTPUT;
  if (!file) return;
  const lines = Object.entries(outputs).map(([name, value]) => {
    const frame = `end-${randomUUID()}`;
    return `${name}<<${frame}\n${value}\n${frame}\n`;
  });
  const text = lines.join("");
  if (Buffer.byteLength(text) > limits.outputs)
    throw new Failure("input", "the outputs are larger than GitHub stores (1 MiB)");
  await appendFile(file, text);
}

/** Appends to the job's summary, cut to GitHub's limit; does nothing outside of Actions. @param markdown by our renderers. */
export async function writeSummary(env: Environment, markdown: string): Promise<void> {
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  await appendFile(file, `${cutTo(limits.summary, markdown)}\n`);
}

const rest = "\n\n…and more than GitHub stores of a summary; plan.json has all of it.";

/** Cuts at whole lines, because half a table row or half a code span would break the text after it. */
function cutTo(most: number, markdown: string): string {
  const bytes = Buffer.from(markdown);
  const room = most - Buffer.byteLength(rest) - 1;
  if (bytes.length <= room) return markdown;
  const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a, room)).toString();
  const folds = whole.split("<details>").length - whole.split("</details>").length;
  return `${whole}${"\n</details>".repeat(Math.max(0, folds))}${rest}`;
}
