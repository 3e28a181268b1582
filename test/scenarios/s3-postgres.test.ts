/** PostgreSQL backed up by pgBackRest through the S3 gateway over TLS: what was committed is there after a restore. */
import { once } from "node:events";
import { chmod, copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { aCampaign, aFolder, start } from "../commands/program.ts";
import { debianProgram } from "../servers/debian.ts";
import { canMakeCertificates, certificateFiles } from "../servers/https.ts";

const libraries = ["libpq5", "libicu72", "libldap-2.5-0", "libxslt1.1", "libxml2", "libsasl2-2", "libgssapi-krb5-2"];
const binaries = "usr/lib/postgresql/15/bin";
const postgres = await debianProgram("postgresql-15", ["postgresql-client-15", ...libraries], `${binaries}/postgres`);
const backup = await debianProgram("pgbackrest", ["libssh2-1"]);
const hasCertificates = await canMakeCertificates();

/** PostgreSQL refuses to run as root: as this user, then. */
const nobody = { uid: 65_534, gid: 65_534 };
const unprivileged: { readonly uid?: number; readonly gid?: number } = process.getuid?.() === 0 ? nobody : {};

const config = "campaign: test\ns3: { keys: [ { id: TESTER, secret: S3_SECRET } ] }\n";
const secret = "secret/of+tester";

it.skipIf(!postgres || !backup || !hasCertificates)(
  "pgBackRest backs up and archives over TLS, and a restore has what was committed before and after the backup",
  { timeout: 240_000 },
  async () => {
    const { certificate, key } = await certificateFiles();
    const campaign = await aCampaign({ "campaign.yaml": config });
    const flags = ["s3", "--port", "0", "--json", "--tls-cert", certificate, "--tls-key", key];
    const gateway = start(flags, { cwd: campaign, env: { S3_SECRET: secret } });
    const [line] = (await once(gateway.stdout!, "data")) as [Buffer];
    const { port } = new URL(JSON.parse(line.toString()).url);

    const { server, sql, pgBackRest, empty } = await aCluster(port, certificate);
    await server("start");
    await sql("create table sondes as select generate_series(1, 20000) as id");
    await pgBackRest("repo-create");
    await pgBackRest("stanza-create");
    await pgBackRest("check");
    await pgBackRest("backup");
    await sql("insert into sondes select generate_series(20001, 20010)");
    await sql("select pg_switch_wal()");
    await server("stop", "-m", "fast");
    await empty();
    await pgBackRest("restore");
    await server("start");
    expect(await sql("select count(*), sum(id) from sondes")).toBe("20010|200210055");
    await server("stop", "-m", "immediate");
    gateway.kill("SIGTERM");
    expect((await gateway).exitCode).toBe(0);
  },
);

/** A cluster that archives to the bucket `postgres` of the gateway at that port, not started yet. */
async function aCluster(port: string, certificate: string) {
  const folder = await aFolder();
  const programs = join(folder, "programs");
  // Where a user without privileges may execute it.
  await execa("cp", ["-a", postgres!.folder, programs]);
  await execa("cp", ["-a", `${backup!.folder}/.`, programs]);
  await copyFile(certificate, join(folder, "certificate.pem"));
  await chmod(join(folder, "certificate.pem"), 0o644);
  const [data, backups] = [join(folder, "data"), join(folder, "pgbackrest.conf")];
  await writeFile(
    backups,
    `[global]
repo1-type=s3
repo1-path=/repo
repo1-s3-bucket=postgres
repo1-s3-endpoint=localhost
repo1-storage-port=${port}
repo1-storage-ca-file=${folder}/certificate.pem
repo1-s3-region=us-east-1
repo1-s3-key=TESTER
repo1-s3-key-secret=${secret}
repo1-s3-uri-style=path
log-path=${folder}
lock-path=${folder}
spool-path=${folder}
start-fast=y
[main]
pg1-path=${data}
pg1-socket-path=${folder}
pg1-user=postgres
`,
  );
  await execa("chown", ["-R", `${unprivileged.uid ?? process.getuid!()}`, folder]);
  const libraries = ["lib", "usr/lib"].map((each) => join(programs, each, "x86_64-linux-gnu")).join(":");
  const env = { LD_LIBRARY_PATH: libraries, HOME: folder };
  const run = async (program: string, args: readonly string[]) =>
    (await execa(join(programs, program), args, { cwd: folder, env, ...unprivileged, stdin: "ignore" })).stdout;
  const ofPostgres = (program: string, ...args: string[]) => run(`${binaries}/${program}`, args);

  await ofPostgres("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync");
  const archive = `"${programs}/usr/bin/pgbackrest" --config="${backups}" --stanza=main archive-push "%p"`;
  const settings = ["listen_addresses=''", `unix_socket_directories='${folder}'`, "archive_mode=on", "fsync=off"];
  await execa("tee", ["-a", join(data, "postgresql.conf")], {
    input: [...settings, `archive_command='${archive}'`, ""].join("\n"),
  });
  return {
    server: (...args: string[]) => ofPostgres("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), ...args),
    sql: (text: string) => ofPostgres("psql", "-h", folder, "-U", "postgres", "-Atc", text),
    pgBackRest: (...args: string[]) =>
      run("usr/bin/pgbackrest", [`--config=${backups}`, "--stanza=main", "--log-level-console=warn", ...args]),
    async empty() {
      await rm(data, { recursive: true });
      await execa("mkdir", ["-m", "700", data], unprivileged);
    },
  };
}
