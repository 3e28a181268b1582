/** A STAC item: one dataset, found by place, time and variables. */
import type { Geometry } from "../dataset.ts";
import type { Json } from "../json.ts";

export interface Item {
  readonly type: "Feature";
  readonly stac_version: "1.1.0";
  readonly stac_extensions: readonly string[];
  readonly id: string;
  readonly bbox?: readonly [west: number, south: number, east: number, north: number];
  readonly geometry: Geometry | null;
  readonly properties: Readonly<Record<string, Json>>;
  readonly links: readonly StacLink[];
  readonly assets: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly collection?: string;
}

export interface StacLink {
  readonly rel: string;
  readonly href: string;
  readonly type?: string;
  readonly title?: string;
}
