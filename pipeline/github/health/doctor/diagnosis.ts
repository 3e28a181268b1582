/** One thing that was looked at: how it is, and what sets it. */
import { isFailure } from "../../../core/failure.ts";
import type { GitHub } from "../../run/client.ts";

export interface Diagnosis {
  /** `environment`, `secret DNS_KEY`, `workflow verify.yml` */
  readonly of: string;
  /** `unwise`: it works, and somebody will regret it. `unseen`: this token may not look, or GitHub did not answer. */
  readonly is: "good" | "missing" | "unwise" | "unseen";
  readonly says: string;
  /** What sets it: a page, or a command. */
  readonly how?: string;
  /** Sets it. Present where a program can without deciding anything for anybody. */
  readonly fix?: (github: GitHub) => Promise<void>;
}

export const good = (of: string, says: string): Diagnosis => ({ of, is: "good", says });

/** What `look` finds; where it may not look, that. */
export async function unlessUnseen(
  of: string,
  examinePart: () => Promise<readonly Diagnosis[]>,
): Promise<readonly Diagnosis[]> {
  try {
    return await examinePart();
  } catch (error) {
    if (!isFailure(error, "refused", "unavailable")) throw error;
    const how = error.hint ?? "run it again, or look by yourself";
    return [{ of, is: "unseen", says: error.message, how }];
  }
}
