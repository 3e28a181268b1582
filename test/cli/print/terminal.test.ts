import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { duration, printable, terminalOn } from "../../../pipeline/cli/print/terminal.ts";
import { formatBytes } from "../../../pipeline/core/text/shown.ts";
import { aCampaign, program } from "../../commands/program.ts";
import { findProgram } from "../../servers/dns-daemon.ts";

function aTerminal({ isTTY = false, quiet = false, columns = 60 } = {}) {
  let text = "";
  let at = 0;
  const write = (more: string) => {
    text += more;
  };
  const pass = (ms: number) => {
    at += ms;
  };
  const stream = { isTTY, columns, write };
  const terminal = terminalOn(stream, { quiet }, () => at);
  return { terminal, pass, written: () => text };
}

const half = { task: "adding", done: 5e8, total: 1e9, unit: "bytes" } as const;

describe("progress", () => {
  it("gives pace and time left once there is a pace", () => {
    const { terminal, pass, written } = aTerminal();
    terminal.progress({ ...half, done: 0 });
    pass(10_000);
    terminal.progress(half);
    expect(written()).toBe("adding 500 MB of 1.0 GB (50%), 50 MB/s, 10 s left\n");
  });

  it("claims no time left where the total is not known", () => {
    const { terminal, pass, written } = aTerminal();
    terminal.progress({ task: "holding", done: 0, unit: "blocks" });
    pass(10_000);
    terminal.progress({ task: "holding", done: 400, unit: "blocks" });
    expect(written()).toBe("holding 400 blocks, 40/s\n");
  });

  it("is of one leaf, and of two leaves", () => {
    const { terminal, pass, written } = aTerminal();
    for (const [task, total] of [
      ["adding", 1],
      ["holding", 2],
    ] as const) {
      terminal.progress({ task, done: 0, total, unit: "leaves" });
      pass(10_000);
      terminal.progress({ task, done: total, total, unit: "leaves" });
    }
    expect(written()).toBe("adding 1 of 1 leaf (100%), 0.1/s\nholding 2 of 2 leaves (100%), 0.2/s\n");
  });

  it("is not cut where a terminal says it has no width, as some pipes and containers do", () => {
    const { terminal, pass, written } = aTerminal({ isTTY: true, columns: 0 });
    terminal.progress({ ...half, done: 0 });
    pass(10_000);
    terminal.progress(half);
    expect(written()).toMatch(/10 s left$/);
  });

  it("is one line that rewrites itself on a terminal, cut to its width", () => {
    const { terminal, pass, written } = aTerminal({ isTTY: true });
    terminal.progress({ ...half, done: 0 });
    for (const done of [4e8, 5e8]) {
      pass(200);
      terminal.progress({ ...half, task: "adding a thing with a rather long name", done });
    }
    expect(
      written()
        .split("\r\u001b[K")
        .every((line) => line.length < 60 && !line.includes("\n")),
    ).toBe(true);
  });

  it("makes way for a sentence", () => {
    const { terminal, pass, written } = aTerminal({ isTTY: true });
    terminal.progress({ ...half, done: 0 });
    pass(200);
    terminal.progress(half);
    terminal.log("done");
    expect(written().endsWith("\r\u001b[Kdone\n")).toBe(true);
  });

  it("prints a line at intervals where there is no terminal", () => {
    const { terminal, pass, written } = aTerminal();
    for (let done = 0; done < 1e9; done += 1e7) {
      terminal.progress({ ...half, done });
      pass(100);
    }
    expect(written().trimEnd().split("\n")).toHaveLength(1);
  });

  it("prints one line a minute where there is no terminal and no progress", () => {
    const { terminal, pass, written } = aTerminal();
    for (let second = 0; second < 300; second++) {
      terminal.progress({ task: "reading back", done: second < 150 ? 0 : 1, total: 2, unit: "servers" });
      pass(1000);
    }
    expect(
      written()
        .trimEnd()
        .split("\n")
        .map((line) => line.match(/\d of 2/)![0]),
    ).toEqual(["0 of 2", "0 of 2", "0 of 2", "1 of 2", "1 of 2", "1 of 2"]);
  });

  it("is silent when asked to be", () => {
    const { terminal, pass, written } = aTerminal({ quiet: true });
    terminal.progress(half);
    pass(10_000);
    terminal.progress(half);
    terminal.log("a sentence");
    expect(written()).toBe("");
  });
});

describe("words for people", () => {
  it("says sizes in powers of ten", () => {
    expect([0, 999, 1000, 9949, 9951, 999_499, 999_500, 2 ** 31].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "9.9 kB",
      "10 kB",
      "999 kB",
      "1.0 MB",
      "2.1 GB",
    ]);
  });

  it("says durations in the unit that matters", () => {
    expect([0.2, 59, 89, 91, 3600, 7800].map(duration)).toEqual([
      "1 s",
      "59 s",
      "89 s",
      "2 min",
      "60 min",
      "2 h 10 min",
    ]);
  });

  it("lets no text from outside steer the terminal", () => {
    expect(printable("a\u001b[31mred\u202e\n")).toBe("a\\u{1b}[31mred\\u{202e}\\u{a}");
    const { terminal, written } = aTerminal();
    terminal.log("warning: a/\u001b[2Jb: no title\nand more");
    expect(written()).toBe("warning: a/\\u{1b}[2Jb: no title\nand more\n");
  });
});

describe.skipIf(!findProgram("script"))("on a real terminal", () => {
  it("results start on a line of their own, not behind the progress of what made them", async () => {
    const cwd = await aCampaign();
    await writeFile(join(cwd, "big.bin"), "");
    await truncate(join(cwd, "big.bin"), 2e8);
    const line = `'${process.execPath}' '${program}' add big.bin`;
    const { stdout } = await execa("script", ["-qec", line, "/dev/null"], { cwd, stdin: "ignore" });
    const drawn = stdout.split("\r\u001b[K");
    expect(drawn.length).toBeGreaterThan(1);
    expect(drawn.filter((text) => /^adding/.test(text) && text.includes("bafy"))).toEqual([]);
    expect(drawn.at(-1)).toMatch(/^bafy\S+ {2}big\.bin/);
  });
});
