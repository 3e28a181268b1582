/**
 * The lines that a dataset's page shows, each run as a reader would: copied from the page of a campaign that the real program published
 * and serves.
 */
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { program } from "../commands/program.ts";
import { smallSonde } from "../fakes/netcdf3.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { python, pythonWith, runPython } from "../servers/python.ts";
import { rscript } from "../servers/r.ts";
import { addAll, json, type Served, serving, useFolders } from "./portal.ts";

const [havePython, haveKubo, intake] = [await python(), await kuboBinary(), await pythonWith("intake-2")];
const Rscript = await rscript();

const table =
  "time,latitude,longitude,ta\n2024-08-11T10:00:00Z,13.1,-59.4,300.5\n2024-08-11T11:00:00Z,13.1,-59.4,301.5\n";
const paths = { zarr: "products/met.zarr", sonde: "raw/sonde 1.nc", table: "raw/site.csv" };

/** What is asked of the data that the lines opened. */
const checks = {
  zarr: "\nprint(len(ds.data_vars) > 0 and all(bool((ds[v] == ds[v]).any()) for v in list(ds.data_vars)[:1]))",
  sonde: '\nprint(ds.time.size > 2 and str(ds.time.values.min())[:10] == "2024-08-31")',
  table: "\nprint(df.ta.tolist() == [300.5, 301.5])",
};

describe.skipIf(!havePython)("lines copied from a dataset's page", { timeout: 400_000 }, () => {
  const folders = useFolders();
  let cwd = "";
  let tools = "";
  let served: Served;

  beforeAll(async () => {
    const files = { "sonde.nc": smallSonde("2024-08-31T12:59:02Z", [-23, 7]), "site.csv": table };
    cwd = await folders({ "tree.yaml": "", "campaign.yaml": "campaign: orcestra\n", ...files });
    const store = join(import.meta.dirname, "../../sample/products/ALMA/surface_meteorology.zarr");
    await addAll(cwd, {
      [paths.zarr]: store,
      [paths.sonde]: join(cwd, "sonde.nc"),
      [paths.table]: join(cwd, "site.csv"),
    });
    await json(cwd, ["publish"]);
    served = await serving(cwd);
    tools = await folders({});
    await writeFile(join(tools, "fieldtree"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
      mode: 0o755,
    });
    return () => served.stop();
  }, 240_000);

  /** The text of each way by its id, with what a browser would fill in. */
  async function waysOf(path: string): Promise<Map<string, string>> {
    const page = await (await fetch(`${served.portal}datasets/${path.replace(" ", "~20")}/index.html`)).text();
    const found = [
      ...page.matchAll(/<div class="way" id="([\w-]+)"[\s\S]*?<pre tabindex="0"><code>([\s\S]*?)<\/code><\/pre>/g),
    ];
    return new Map(found.map(([, id, code]) => [id!, plain(code!)]));
  }

  const plain = (code: string) =>
    code
      .replace(/<span data-place="(\w+)">[^<]*<\/span>/g, (_, place: string) =>
        place === "gateway" ? served.url : place === "portal" ? "ipns://orcestra" : served.portal.replace(/\/$/, ""),
      )
      .replace(
        /&quot;|&#39;|&lt;|&gt;|&amp;/g,
        (entity) => ({ "&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" })[entity]!,
      );

  it("open what it is of in Python, in each way that is shown", async () => {
    const run: { readonly id: string; readonly text: string }[] = [];
    for (const kind of ["zarr", "sonde", "table"] as const) {
      const ways = [...(await waysOf(paths[kind]))].filter(([id]) => id.startsWith("python"));
      expect(ways.map(([id]) => id)).toEqual(expected[kind]);
      for (const [id, text] of ways) {
        if (id !== "python-intake" || intake) run.push({ id: `${kind} ${id}`, text: text + checks[kind] });
      }
    }
    // One process, because xarray takes seconds to import; each has names of its own.
    const all = "import json, sys\nfor text in json.loads(sys.argv[1]): exec(text, {})";
    const printed = await runPython(all, [JSON.stringify(run.map(({ text }) => text))], {
      IPFS_GATEWAY: served.url,
      ...intake,
    });
    expect(printed.split("\n").map((line, i) => `${run[i]?.id} ${line}`)).toEqual(run.map(({ id }) => `${id} True`));
  });

  it("download by curl and by fieldtree in a shell, the very bytes", async () => {
    for (const id of ["shell-curl", "shell-fieldtree"]) {
      const folder = await folders({});
      for (const path of Object.values(paths)) await shell((await waysOf(path)).get(id)!, folder);
      expect(await readFile(join(folder, "site.csv"), "utf8")).toBe(table);
      expect(await readFile(join(folder, "sonde 1.nc"))).toEqual(await readFile(join(cwd, "sonde.nc")));
      expect(
        await readFile(join(folder, "met.zarr", ".zmetadata"), "utf8").catch(() =>
          readFile(join(folder, "met.zarr", "zarr.json"), "utf8"),
        ),
      ).toContain("zarr");
    }
  });

  it.skipIf(!haveKubo)("download by ipfs, from a node that has the data", async () => {
    const kubo = await startKubo();
    try {
      const folder = await folders({});
      const text = (await waysOf(paths.table)).get("shell-ipfs")!;
      const [cid] = /baf\w+/.exec(text)!;
      const car = join(folder, "x.car");
      await writeFile(car, new Uint8Array(await (await fetch(`${served.url}/ipfs/${cid}?format=car`)).arrayBuffer()));
      await kubo.ipfs("dag", "import", car);
      await shell(text, folder, { IPFS_PATH: kubo.repo });
      expect(await readFile(join(folder, "site.csv"), "utf8")).toBe(table);
    } finally {
      await kubo.stop();
    }
  });

  it.skipIf(!Rscript)("open the NetCDF file and the table in R", async () => {
    const folder = await folders({});
    for (const [path, check] of [
      [paths.sonde, "cat(nc$nvars > 0)"],
      [paths.table, "cat(df$ta[2] == 301.5)"],
    ] as const) {
      const text = (await waysOf(path)).get("r-gateway")!;
      const { stdout } = await execa(Rscript!, ["-e", `${text}\n${check}`], { cwd: folder, stdin: "ignore" });
      expect(stdout).toContain("TRUE");
    }
  });

  async function shell(text: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const path = [tools, haveKubo ? dirname(haveKubo) : "", process.env.PATH].join(delimiter);
    await execa("sh", ["-e", "-c", text], {
      cwd,
      env: { IPFS_GATEWAY: served.url, ...env, PATH: path },
      stdin: "ignore",
    });
  }
});

const expected = {
  zarr: ["python-cid", "python-gateway", "python-intake", "python-stac"],
  sonde: ["python-cid", "python-gateway", "python-reference"],
  table: ["python-cid", "python-gateway"],
};
