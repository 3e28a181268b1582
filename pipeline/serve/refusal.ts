/**
 * Every way a request can fail before its body: a status, and a sentence for the user.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#response-status-codes
 */
import { isFailure } from "../core/failure.ts";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The response to an `error` before the first byte. An error that isn't a failure is a bug, and its message is not sent. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isFailure(error, "unavailable")) return new Refusal(504, error.message, { "retry-after": "30" });
  if (isFailure(error, "corrupt")) return new Refusal(502, error.message);
  if (isFailure(error, "input") || isFailure(error, "refused")) return new Refusal(400, error.message);
  return new Refusal(500, "an internal error of this gateway; its log has the details");
}
