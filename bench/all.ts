/**
 * Every benchmark, one after another. `npm run bench` builds and starts them, with the Node that npm brought along. On a machine that
 * does nothing else: some have limits in seconds. One that fails doesn't end the others; the last line names those that did.
 */
const failed: string[] = [];
for (const name of [
  "start",
  "add",
  "in-place",
  "assemble",
  "scan",
  "netcdf",
  "pin-traffic",
  "tree",
  "pull-request",
  "publish-noop",
  "verify",
  "gateway",
  "local",
  "search",
  "browser",
  "find",
  "s3",
  "s3-peers",
]) {
  try {
    await import(`./${name}.ts`);
  } catch (error) {
    failed.push(name);
    console.error(error);
  }
}
console.log(failed.length === 0 ? "all benchmarks ended well" : `failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
