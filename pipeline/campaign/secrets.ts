/**
 * Secrets: reads the values of the environment variables that campaign.yaml names.
 *
 * No other module reads them: parts receive a value, or a function that returns it. No message contains one.
 */
import { Failure } from "../core/failure.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Secret {
  /** Returns the value of an environment variable in campaign.yaml. @throws Failure `input` at its line where it is not set. */
  (variable: string): string;
  /** Returns the line of campaign.yaml with the variable: `campaign.yaml:7`. */
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
