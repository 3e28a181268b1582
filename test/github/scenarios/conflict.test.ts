/** Two people edit one section at once. Git sees lines; what matters are paths. */
import { expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it(
  "says of a conflict of lines alone that it is only that, and names path and both CIDs of a real one",
  timeoutMs,
  async () => {
    const { repo, leaf, propose } = await aStory({ tree: { "products/radar.txt": "radar" } });
    const text = (await repo.read("tree.yaml"))!;
    const [lidar, sonde, other] = ["lidar", "sonde", "another lidar"].map((content) => leaf(content));
    const fork = await repo.fork("visitor");
    const beside = await fork.openPull({
      branch: "sonde",
      files: { "tree.yaml": treeWith(text, { "products/sonde.txt": sonde }) },
    });
    const against = await fork.openPull({
      branch: "lidar",
      files: { "tree.yaml": treeWith(text, { "products/lidar.txt": other }) },
    });
    await repo.push({ "tree.yaml": treeWith(text, { "products/lidar.txt": lidar }) });

    // GitHub starts nothing for them now; somebody runs again what it started when they were opened.
    const one = await propose(beside);
    expect(one.plan).toMatchObject({ code: 0, file: { state: "ready", onlyTextual: true } });
    expect(one.plan.file!.changes.map(({ op, path }) => `${op} ${path}`)).toEqual(["add products/sonde.txt"]);
    expect(beside.comments()[0]!.body).toContain("fieldtree merge");

    const two = await propose(against);
    expect(two.plan).toMatchObject({ code: 1, file: { state: "conflict" } });
    const { body } = against.comments()[0]!;
    for (const named of ["products/lidar.txt", lidar!, other!]) expect(body).toContain(named);
    expect(against.statuses()).toMatchObject([{ state: "failure" }]);
    expect(against.checks()).toMatchObject([{ conclusion: "failure" }]);
  },
);
