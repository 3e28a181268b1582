/** Runs of kappa-core: a list of runs as JSON on stdin, what the view has after each `ready` as JSON on stdout. */
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { text } = require("node:stream/consumers");
const from = createRequire(join(process.cwd(), "run.cjs"));
const [kappa, ram] = [from("kappa-core"), from("random-access-memory")];
const called = (work) =>
  new Promise((resolve, reject) => work((error, value) => (error ? reject(error) : resolve(value))));

async function run(operations) {
  const stored = { seen: [], state: undefined };
  let version = 1;
  const view = () => {
    const tag = version;
    return {
      map(entries, next) {
        for (const { value } of entries) stored.seen.push(`${tag}:${value}`);
        next();
      },
      storeState(state, done) {
        stored.state = state;
        done();
      },
      fetchState: (done) => done(null, stored.state),
      clearIndex(done) {
        stored.seen = [];
        stored.state = undefined;
        done();
      },
    };
  };
  let core = kappa(ram, { valueEncoding: "json" });
  core.use("v", version, view());
  const writer = await called((done) => core.writer("default", done));
  const states = [];
  for (const { op, values } of operations) {
    if (op === "append") await called((done) => writer.append(values, done));
    if (op === "bump") version++;
    if (op === "bump" || op === "restart") {
      // As a process that ends: the core before would index what is appended later, too.
      await new Promise((resolve) => core.pause("v", resolve));
      core = kappa(null, { multifeed: core._logs });
      core.use("v", version, view());
    }
    if (op === "pause") await new Promise((resolve) => core.pause("v", resolve));
    if (op === "pause") core.resume("v");
    await new Promise((resolve) => core.ready("v", resolve));
    states.push([...stored.seen]);
  }
  return states;
}

(async () => {
  const runs = JSON.parse(await text(process.stdin));
  const states = [];
  for (const operations of runs) states.push(await run(operations));
  process.stdout.write(JSON.stringify(states), () => process.exit(0));
})();
