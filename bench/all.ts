/** Every benchmark, one after another. `npm run bench` builds and starts them, with the Node that npm brought along. On a machine that does nothing else. */
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
])
  await import(`./${name}.ts`);
