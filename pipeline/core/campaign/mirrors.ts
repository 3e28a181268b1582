/** `mirrors:` in campaign.yaml: places that have copies, and publish under a key of their own what they have. */
import * as v from "valibot";
import { publicKeyOf, publicName } from "../key.ts";
import { httpUrl, optional, publicKeyName, text, withoutSlash } from "./fields.ts";

/** What a mirror may be called: part of labels of pins. */
export const mirrorName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A mirror as the portal lists it: who has copies, and where to ask which. */
export interface Mirror {
  readonly name: string;
  readonly title?: string;
  /** The IPNS key, `k51…`, that leads to the JSON of what it has. */
  readonly key: string;
}

export interface MirrorConfig extends Mirror {
  /** Endpoints of delegated routing that have the key's record, in addition to those of `names:`. */
  readonly routing: readonly string[];
}

const mirror = v.strictObject(
  {
    name: v.pipe(
      v.string("must be a short name"),
      v.regex(mirrorName, "must be lower-case letters, digits and hyphens"),
      v.description("As `fieldtree mirror NAME` has it"),
    ),
    key: v.pipe(
      publicKeyName,
      v.description("Public name of the key under which it publishes what it has, as `fieldtree key new` prints it"),
    ),
    title: optional("What people call it: the institute, or the place", v.pipe(text, v.maxLength(200))),
    routing: optional(
      "Endpoints of delegated routing that have the key's record",
      v.pipe(v.array(httpUrl, "must be a list of addresses"), v.maxLength(20, "has more than 20 entries")),
    ),
  },
  "needs name: and key:",
);

export const mirrorsSchema = v.pipe(
  v.array(mirror, "must be a list of mirrors"),
  v.maxLength(50, "has more than 50 entries"),
  v.check((mirrors) => new Set(mirrors.map(({ name }) => name)).size === mirrors.length, "has two mirrors of one name"),
);

export function settledMirrors(mirrors: v.InferOutput<typeof mirrorsSchema> | null | undefined): MirrorConfig[] {
  return (mirrors ?? []).map(({ name, key, title, routing }) => {
    const publicKey = publicKeyOf(key);
    return {
      name,
      key: publicKey ? publicName(publicKey) : key,
      ...(title && { title }),
      routing: (routing ?? []).map(withoutSlash),
    };
  });
}

export const publishedMirrors = (mirrors: readonly MirrorConfig[]): readonly Mirror[] =>
  mirrors.map(({ routing: _, ...mirror }) => mirror);
