/**
 * `npm run build:browser`: the browser app as `pipeline/views/browser/built/`, which the view publishes as `app/`.
 *
 * What is built is committed: workflows and the published package run without development dependencies, and the portal's CID
 * must not depend on where it was bundled. So names are stable, and nothing of the machine is in the files.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Where the files go, unless the caller builds elsewhere to compare. */
export const builtFolder = fileURLToPath(new URL("../pipeline/views/browser/built", import.meta.url));

/** The coastlines that the map fetches, from the package that has them. */
const coastlines: Plugin = {
  name: "coastlines",
  generateBundle() {
    for (const detail of ["110m", "50m"]) {
      const file = createRequire(import.meta.url).resolve(`world-atlas/land-${detail}.json`);
      this.emitFile({ type: "asset", fileName: `land-${detail}.json`, source: readFileSync(file) });
    }
  },
};

// A module that several chunks import is a chunk of its own otherwise, and each level of those costs a round trip. So what is
// used together is listed: nothing of a group may import what is in none, or that is loaded with it.

/** Small modules of every page. */
const shared =
  /vite.preload-helper|browser.(dom|texts.(en|prerendered|texts))\.|pipeline.core.(failure|json|concurrency|recent|joined|evenly|text.(shown|order|plural|entities)|dataset.(instant|extent|dataset)|page.(groups|html)|stac.names)\.ts/;

/** What finds and shows datasets, without the views that are loaded when they are chosen. */
const finding =
  /[\\/]@?preact[\\/]|browser.find.(?!main|tree|folders|releases)[\w-]+.tsx?|pipeline.core.(search.(?!question.(?!condition))|page.row|text.format-name|last-at-most)/;

/** CIDs, and reading and checking blocks. */
const blocks =
  /[\\/]@?multiformats[\\/]|browser.reading.|pipeline.dag.(block|event-loop|cid-set|digest-set|compact-entries|compare-bytes|directory-entry|codec.[\w-]+|read.[\w-]+)\.ts/;

/** What every quick-look needs, whatever format it reads. */
const quicklook =
  /browser.quicklook.(?!media|table-view|zarr\b)|pipeline.(core.cf.(coordinates|mask-and-scale|variable|time.(time|calendar|reference-date)|place.angle)|core.text.xml|formats.hdf5.signature|formats.(arrays|block-cache|decompressors|netcdf.references.base64|unsupported|read-limits|codecs.\w+))\.ts/;

export default defineConfig({
  root: here,
  plugins: [coastlines],
  // The same files are used below /ipfs/<cid>/, at the root of a host and in a folder of one.
  base: "./",
  publicDir: "static",
  // Files become blocks by the same code as in nodes; of Node it has one hash.
  resolve: { alias: { "node:crypto": `${here}contribute/node-crypto.ts` } },
  logLevel: "warn",
  build: {
    outDir: builtFolder,
    emptyOutDir: true,
    // Browsers of the last three years.
    target: ["chrome119", "firefox120", "safari17"],
    // For older ones, Lightning CSS declares in each sheet what `light-dark()` would need, which none of ours uses.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // A page has one style sheet, named as its script.
    cssCodeSplit: true,
    assetsInlineLimit: 0,
    // A chunk is fetched when it is imported. Fetching what it imports at the same time needs a table of every chunk.
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        find: `${here}find/main.tsx`,
        dataset: `${here}dataset/main.ts`,
        contribute: `${here}contribute/main.ts`,
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "shared", test: shared },
            { name: "finding", test: finding },
            { name: "blocks", test: blocks },
            { name: "quicklook", test: quicklook },
          ],
        },
      },
    },
  },
});
