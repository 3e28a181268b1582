/**
 * Secrets: campaign.yaml names environment variables, and here their values are read.
 *
 * Nowhere else: parts are handed a value, or a function that gives it. No message holds one.
 */
import { Failure } from "../core/failure.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of an environment variable that campaign.yaml names. @throws Failure `input` at its line where it is not set. */
export type Secret = (variable: string) => string;

export function secretsIn(text: string, env: Environment): Secret {
  return (variable) => {
    const value = env[variable];
    if (value) return value;
    const line =
      text.split("\n").findIndex((line) => new RegExp(`\\b${variable}\\b`).test(line.replace(/#.*/, ""))) + 1;
    throw new Failure(
      "input",
      `campaign.yaml:${line}: takes a secret from the environment variable ${variable}, which is not set`,
    );
  };
}

export function tokenOf(variable: string | undefined, secret: Secret): { token?: string } {
  return variable === undefined ? {} : { token: secret(variable) };
}
