/**
 * Secrets: campaign.yaml names environment variables, and here their values are read.
 *
 * Nowhere else: parts are handed a value, or a function that gives it. No message holds one.
 */
import { Failure } from "../core/failure.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Secret {
  /** The value of an environment variable that campaign.yaml names. @throws Failure `input` at its line where it is not set. */
  (variable: string): string;
  /** Where campaign.yaml names it: `campaign.yaml:7`. */
  readonly where: (variable: string) => string;
}

export function secretsIn(text: string, env: Environment): Secret {
  const where = (variable: string) => {
    const name = new RegExp(`\\b${variable}\\b`);
    return `campaign.yaml:${text.split("\n").findIndex((line) => name.test(line.replace(/#.*/, ""))) + 1}`;
  };
  const secret = (variable: string) => {
    const value = env[variable];
    if (value) return value;
    throw new Failure(
      "input",
      `${where(variable)}: takes a secret from the environment variable ${variable}, which is not set`,
      { hint: `set ${variable} where this runs` },
    );
  };
  return Object.assign(secret, { where });
}

export function tokenOf(variable: string | undefined, secret: Secret): { token?: string } {
  return variable === undefined ? {} : { token: secret(variable) };
}
