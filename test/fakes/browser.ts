/** Code as a browser runs it: bundled, in a context that has nothing of Node. */
import vm from "node:vm";
import { build } from "vite";

/**
 * The exports of `entry`, a path from the root of the project, which must fit into one file.
 *
 * @param web what it finds beside JavaScript itself.
 */
export async function inBrowser<Exports>(entry: string, web: Readonly<Record<string, unknown>>): Promise<Exports> {
  const bundled = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ["iife"], name: "bundle", fileName: "bundle" },
    },
  });
  const [{ output } = { output: undefined }] = bundled as Extract<typeof bundled, readonly unknown[]>;
  if (output?.length !== 1) throw new Error(`${entry} is ${output?.length} files, not one`);
  const context = vm.createContext({ ...web });
  vm.runInContext(output[0].code, context);
  return vm.runInContext("bundle", context) as Exports;
}
