/** The state of one setting, and how to correct it. */
import { isFailure } from "../../../core/failure.ts";
import type { GitHub } from "../../run/client.ts";

export interface Diagnosis {
  /** `environment`, `secret DNS_KEY`, `workflow verify.yml` */
  readonly of: string;
  /** `unwise`: it works, and is a risk. `unseen`: the token lacks the permission, or GitHub did not answer. */
  readonly is: "good" | "missing" | "unwise" | "unseen";
  readonly says: string;
  /** The page or command that sets it. */
  readonly how?: string;
  /** Corrects the setting. Present where that needs no decision. */
  readonly fix?: (github: GitHub) => Promise<void>;
}

export const good = (of: string, says: string): Diagnosis => ({ of, is: "good", says });

/** The result of `examinePart`; `unseen` where GitHub refused or did not answer. */
export async function unlessUnseen(
  of: string,
  examinePart: () => Promise<readonly Diagnosis[]>,
): Promise<readonly Diagnosis[]> {
  try {
    return await examinePart();
  } catch (error) {
    if (!isFailure(error, "refused", "unavailable")) throw error;
    const how = error.hint ?? "run it again, or check it by hand";
    return [{ of, is: "unseen", says: error.message, how }];
  }
}
