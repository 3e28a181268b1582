/** Labels of a mirror's pins: which mirror pinned which leaf, for operators and for the mirror's next run. */
import type { CID } from "multiformats/cid";
import type { MirrorItem } from "./plan.ts";

export interface MirrorLabels {
  /** Of every label of the mirror. */
  readonly prefix: string;
  /** Of the pin of what the mirror publishes of itself. */
  readonly report: string;
  /** `mirror/hangar/3/120000/products/HALO/radar.zarr`: release, bytes and path. */
  labelOf(item: MirrorItem): string;
  /** The leaf of a label; `undefined` for a label that this mirror did not write. */
  itemIn(label: string, cid: CID): MirrorItem | undefined;
}

/** `name`: of the mirror. */
export function labelsOf(name: string): MirrorLabels {
  const prefix = `mirror/${name}/`;
  return {
    prefix,
    report: `mirror-report/${name}`,
    labelOf: ({ release, bytes, path }) => `${prefix}${release}/${bytes}/${path}`,
    itemIn(label, cid) {
      if (!label.startsWith(prefix)) return undefined;
      const [, release, bytes, path] = /^(\d+)\/(\d+)\/(.+)$/s.exec(label.slice(prefix.length)) ?? [];
      return path === undefined ? undefined : { path, cid, release: Number(release), bytes: Number(bytes) };
    },
  };
}
