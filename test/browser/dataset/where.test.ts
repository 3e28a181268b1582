import { expect, it } from "vitest";
import { whereIs } from "../../../browser/dataset/where.ts";

it.each([
  ["https://g.example/ipfs/bafyx/", { gateway: "https://g.example", portal: "ipfs://bafyx" }],
  [
    "http://127.0.0.1:8080/ipns/data.example.org/",
    { gateway: "http://127.0.0.1:8080", portal: "ipns://data.example.org" },
  ],
  ["https://bafyx.ipfs.dweb.link/", { gateway: "https://dweb.link", portal: "ipfs://bafyx" }],
  [
    "https://my--data-example-org.ipns.dweb.link/",
    { gateway: "https://dweb.link", portal: "ipns://my-data.example.org" },
  ],
  ["http://bafyx.ipfs.localhost:8080/", { gateway: "http://localhost:8080", portal: "ipfs://bafyx" }],
  ["https://host.example/some/folder/", { portal: "https://host.example/some/folder" }],
  ["file:///home/ada/portal/", { portal: "file:///home/ada/portal" }],
])("%s names where it is", (address, where) => {
  expect(whereIs(new URL(address))).toEqual({ ...where, portalUrl: address.replace(/\/$/, "") });
});
