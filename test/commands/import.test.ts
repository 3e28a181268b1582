/** `import`: a catalog of a server that fails, throttles, breaks off and changes. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { onLoopback } from "../fakes/loopback.ts";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const netcdf = Buffer.concat([Buffer.from("CDF\x01"), Buffer.alloc(300_000, 7)]);
const array = JSON.stringify({ shape: [4], chunks: [2], dtype: "<i4", zarr_format: 2 });
const store: Record<string, string> = {
  ".zmetadata": `{"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, "a/.zarray": ${array}}}`,
  ".zgroup": '{"zarr_format": 2}',
  "a/.zarray": array,
  "a/0": "12345678",
};

it("resumes, waits, names what it can't fetch, and fetches nothing twice that did not change", {
  timeout: 300_000,
}, async () => {
  const files = new Map<string, Buffer>([
    ["/catalog.yml", Buffer.from('sources: {HALO: {driver: yaml_file_cat, args: {path: "{{CATALOG_DIR}}/HALO.yml"}}}')],
    ["/thredds/fileServer/sonde.nc", netcdf],
    ...Object.entries(store).map(([key, text]): [string, Buffer] => [`/radar.zarr/${key}`, Buffer.from(text)]),
  ]);
  const requests: string[] = [];
  const troubles = new Map([
    ["/catalog.yml", 503],
    ["/radar.zarr/.zgroup", 429],
  ]);
  let cuts = 1;
  const server = createServer((request, response) => {
    const path = request.url!;
    const { range } = request.headers;
    requests.push(`${path}${range ? ` ${range}` : ""}${request.headers["if-none-match"] ? " conditional" : ""}`);
    const trouble = troubles.get(path);
    if (trouble !== undefined) {
      troubles.delete(path);
      return void response.writeHead(trouble, { "retry-after": "0" }).end();
    }
    const body = files.get(path);
    if (!body) return void response.writeHead(404).end();
    const etag = `"${body.length}-${body.at(-1)}"`;
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
    const from = range !== undefined && request.headers["if-range"] === etag ? Number(/=(\d+)-/.exec(range)![1]) : 0;
    const head = { etag, "content-length": body.length - from };
    response.writeHead(from > 0 ? 206 : 200, {
      ...head,
      ...(from > 0 && { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` }),
    });
    if (path.endsWith(".nc") && cuts-- > 0) {
      response.write(body.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 200));
    } else response.end(body.subarray(from));
  });
  const url = await onLoopback(server);
  files.set(
    "/HALO.yml",
    Buffer.from(`sources:
  sonde: {driver: opendap, args: {urlpath: "${url}/thredds/dodsC/sonde.nc"}}
  radar: {driver: zarr, args: {urlpath: "${url}/radar.zarr"}}
  gone: {driver: netcdf, args: {urlpath: "${url}/gone.nc"}}
  page: {driver: netcdf, args: {urlpath: "${url}/catalog.yml"}}
`),
  );
  const cwd = await aCampaign();
  const run = async (...more: string[]) => {
    requests.length = 0;
    return fieldtree(["import", `${url}/catalog.yml`, "--at", "in", "--json", ...more], { cwd });
  };

  const first = await run();
  expect(first.code, first.stderr).toBe(1);
  expectSchema("import", first.json());
  expect(first.json().map(({ name, is, at, why }) => [name, is, at ?? why])).toEqual([
    ["HALO/sonde", "added", "in/HALO/sonde.nc"],
    ["HALO/radar", "added", "in/HALO/radar.zarr"],
    ["HALO/gone", "failed", expect.stringContaining("is not there")],
    ["HALO/page", "failed", expect.stringContaining("no NetCDF file")],
  ]);
  // What had come before the connection was cut is not fetched again.
  expect(requests.filter((each) => each.includes("sonde.nc"))).toEqual([
    "/thredds/fileServer/sonde.nc",
    expect.stringMatching(/sonde\.nc bytes=\d{5,}-$/),
  ]);
  const tree = await readFile(join(cwd, "tree.yaml"), "utf8");
  const read = await fieldtree(["cat", "in/HALO/sonde.nc"], { cwd });
  expect(read.stdout.length).toBe(netcdf.length);
  expect((await fieldtree(["ls", "-r", "in/HALO/radar.zarr"], { cwd })).stdout).toContain("a/.zarray");
  const imports = await readFile(join(cwd, "imports.yaml"), "utf8");
  expect(imports).toContain(`"in/HALO/sonde.nc": {"url":"${url}/thredds/fileServer/sonde.nc"`);

  const second = await run("--only", "HALO.sonde", "HALO.radar");
  expect([second.code, second.json().map(({ is }) => is)]).toEqual([0, ["unchanged", "unchanged"]]);
  expect(requests.filter((each) => each.includes("sonde"))).toEqual(["/thredds/fileServer/sonde.nc conditional"]);
  expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(tree);
  expect(await readFile(join(cwd, "imports.yaml"), "utf8")).toBe(imports);

  files.set("/radar.zarr/a/1", Buffer.from("87654321"));
  const third = await run("--only", "HALO");
  expect(
    third
      .json()
      .slice(0, 2)
      .map(({ is }) => is),
  ).toEqual(["unchanged", "added"]);
  expect((await fieldtree(["cat", "in/HALO/radar.zarr/a/1"], { cwd })).stdout).toBe("87654321");
  expect((await fieldtree(["cat", "in/HALO/radar.zarr/a/0"], { cwd })).stdout).toBe("12345678");
});
