/** A server over TLS on this machine, with a certificate that openssl makes anew for each. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { recordAbsence } from "../absent.ts";
import { temporaryFolder } from "../fakes/parts.ts";

/** Whether certificates can be made here; where not, on the list of absences. */
export async function canMakeCertificates(): Promise<boolean> {
  const { exitCode } = await execa("openssl", ["version"], { reject: false });
  if (exitCode === 0) return true;
  recordAbsence({
    what: "openssl",
    why: "certificates are made with it",
    get: "install it from the system's packages",
    required: true,
  });
  return false;
}

export interface HttpsServer {
  /** `https://localhost:PORT`, without a slash at its end. */
  readonly url: string;
  /** Its certificate, which it signed itself, as PEM. */
  readonly certificate: string;
}

/** Files of a certificate for localhost and 127.0.0.1, which it signed itself, and of its key; PEM. */
export async function certificateFiles(): Promise<{ readonly certificate: string; readonly key: string }> {
  const folder = await temporaryFolder();
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const subject = ["-subj", "/CN=localhost", "-addext", names, "-days", "2"];
  await execa("openssl", ["req", "-x509", ...key, ...subject, "-out", certificateFile]);
  return { certificate: certificateFile, key: keyFile };
}

/** Started; closed when the test is over. */
export async function startHttps(answer: RequestListener): Promise<HttpsServer> {
  const { certificate: certificateFile, key: keyFile } = await certificateFiles();
  const certificate = await readFile(certificateFile, "utf8");
  const server = createServer({ key: await readFile(keyFile), cert: certificate }, answer).listen(0, "localhost");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, certificate };
}
