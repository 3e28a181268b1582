/**
 * A thread that validates STAC documents, by the STAC community's validator; `stac-validator.ts` starts it and answers it.
 *
 * The validator is called a single time for all documents, because each call compiles every schema again.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Report as ValidatorReport } from "stac-node-validator";
import validate from "stac-node-validator";
import { firstLines, shown } from "../../core/text/shown.ts";
import type { LoadAnswer, Loaded, Report } from "./stac-validator.ts";

/** Most reasons listed for one document, because one mistake violates every alternative that a schema allows. */
const mostReasons = 5;

const addresses: readonly string[] = workerData;
const documents = new Set(addresses);
/** Requests without an answer yet, by address. */
const requested = new Map<string, PromiseWithResolvers<Loaded>>();

const report = (report: Report) => parentPort?.postMessage(report);

parentPort?.on("message", ({ address, loaded }: LoadAnswer) => {
  requested.get(address)?.resolve(loaded);
  requested.delete(address);
});

/** The validator makes a message of what is thrown here, and continues. */
async function loader(address: string): Promise<object> {
  const waiting = requested.get(address) ?? Promise.withResolvers<Loaded>();
  if (!requested.has(address)) {
    requested.set(address, waiting);
    report({ kind: "load", address });
  }
  const loaded = await waiting.promise;
  if ("invalid" in loaded) throw new Error(loaded.invalid);
  const { text } = loaded;
  return documents.has(address) ? documentOf(text) : JSON.parse(textOf(text));
}

/** @throws Error where the validator must not be given the document: it requests schemas for any version, and stops at an invalid one. */
function documentOf(bytes: Uint8Array | string): object {
  const document = parsed(bytes);
  const { stac_version: version, stac_extensions: extensions } = document;
  if (typeof version !== "string") throw new Error("has no stac_version");
  if (!/^1\.1\.\d{1,3}$/.test(version)) throw new Error(`has the stac_version ${shown(version)}`);
  const stray = Array.isArray(extensions) ? extensions.find((address) => !isAddress(address)) : undefined;
  if (stray !== undefined) throw new Error(`stac_extensions has ${shown(JSON.stringify(stray))}, which is no address`);
  return document;
}

function parsed(bytes: Uint8Array | string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new Error("is not JSON", { cause });
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return { ...document };
  throw new Error("is no JSON object");
}

function textOf(text: Uint8Array | string): string {
  return typeof text === "string" ? text : new TextDecoder("utf-8", { fatal: true }).decode(text);
}

const isAddress = (value: unknown) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value);

/** Why the schemas of a document could not be used; `undefined` where they could. */
function unusable({ source, results }: ValidatorReport): string | undefined {
  const error = errorsOf(results).find(({ instancePath }) => instancePath === undefined);
  return error && `${source} could not be judged: ${shown(error.message ?? "", 300)}`;
}

/** The document's address and why it is invalid. */
function describeInvalid({ source, messages, results }: ValidatorReport): string {
  const reasons = errorsOf(results).map(({ instancePath, message }) =>
    `${instancePath} ${message ?? "is wrong"}`.trim(),
  );
  const all = [...new Set([...messages, ...reasons])].map((reason) => shown(reason, 200));
  return `${shown(source ?? "", 300)}: ${firstLines(all, mostReasons).join("; ")}`;
}

const errorsOf = ({ core, extensions }: ValidatorReport["results"]) => [...core, ...Object.values(extensions).flat()];

const { children } = await validate(addresses, { loader });
const invalid = children.filter(({ valid }) => valid !== true);
const message = invalid.map(unusable).find((message) => message !== undefined);
report(
  message === undefined ? { kind: "judged", invalid: invalid.map(describeInvalid) } : { kind: "unusable", message },
);
