/** Every benchmark, one after another. Run `npm run build` first, on a machine that does nothing else. */
for (const name of [
  "start",
  "add",
  "assemble",
  "scan",
  "pin-traffic",
  "tree",
  "pull-request",
  "publish-noop",
  "verify",
])
  await import(`./${name}.ts`);
