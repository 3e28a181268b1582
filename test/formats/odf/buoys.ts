/** The dataset of most tests: two slices of data, a checkpoint, and an event of each kind that describes them. */
import { sha3Of } from "../../../pipeline/formats/odf/block.ts";
import { odfDataset, seed, slices } from "./dataset.ts";

export const [first, second] = slices as [(typeof slices)[0], (typeof slices)[0]];
/** Of the slices in `files/`. `odf.python.test.ts` computes them from what pyarrow reads. */
export const logical = {
  "first.parquet": "f9680c0012004f27a4fb7525e3dff2d41aa1b08b92a4cdfb19ffe086ee575e2b29c8e306182",
  "second.parquet": "f9680c00120a48555a5a454eeb9c68f0333156de6640e612ea0225a569fc9b87a9a3cc2b393",
} as Readonly<Record<string, string>>;
export const newData = ({ name, start, end, bytes }: (typeof slices)[0]) => ({
  logicalHash: logical[name]!,
  physicalHash: sha3Of(bytes),
  offsetInterval: { start, end },
  size: bytes.length,
});
const columns = {
  kind: "SetDataSchema",
  schema: {
    fields: [
      { name: "offset", type: { kind: "UInt64" } },
      { name: "op", type: { kind: "UInt8" } },
      { name: "system_time", type: { kind: "Timestamp", unit: "Millisecond", timezone: "UTC" } },
      { name: "event_time", type: { kind: "Timestamp", unit: "Microsecond", timezone: "UTC" } },
      { name: "lat", type: { kind: "Float64" } },
      { name: "lon", type: { kind: "Float32" } },
      {
        name: "station",
        type: { kind: "Option", inner: { kind: "String" } },
        extra: { entries: '{"opendatafabric.org/description": "Name of the buoy"}' },
      },
    ],
  },
};
export const checkpoint = new TextEncoder().encode("where the engine was");
export const events = [
  seed,
  { kind: "SetInfo", description: "Buoys of the trades\nSince 2024", keywords: ["buoy", "trades"] },
  { kind: "SetLicense", shortName: "CC BY 4.0", name: "CC BY", spdxId: "CC-BY-4.0", websiteUrl: "https://example.org" },
  columns,
  { kind: "AddData", newData: newData(first), newWatermark: "2024-08-11T10:40:00Z" },
  {
    kind: "AddData",
    prevOffset: 4,
    newData: newData(second),
    newCheckpoint: { physicalHash: sha3Of(checkpoint), size: checkpoint.length },
    newWatermark: "2024-08-11T11:50:00.000001Z",
  },
];
export const buoys = () =>
  odfDataset(events, [first.bytes, second.bytes]).set(`checkpoints/${sha3Of(checkpoint)}`, checkpoint);
