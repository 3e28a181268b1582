/**
 * Canned ACLs: `private` and `public-read`, given in a header or as the grants that they stand for.
 *
 * Who may write is a matter of campaign.yaml, so an ACL that grants more is refused with NotImplemented.
 */
import { S3Error } from "../error.ts";
import {
  bodyOf,
  ownerElement,
  ownerOf,
  parameter,
  type Request,
  send,
  sendXml,
  settingsOf,
  writable,
} from "../request.ts";
import type { CannedAcl } from "../store/object.ts";
import { childOf, childrenOf, readXml, textOf, type XmlElements } from "../xml.ts";
import { aclInHeaders } from "./about.ts";
import { find } from "./objects.ts";

const everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
const schema = "http://www.w3.org/2001/XMLSchema-instance";

function aclInXml(bytes: Uint8Array): CannedAcl | null {
  const list = childOf(readXml(bytes, "AccessControlPolicy"), "AccessControlList");
  if (!list) throw new S3Error("MalformedXML");
  let isPublic = false;
  for (const grant of childrenOf(list, "Grant")) {
    const grantee = childOf(grant, "Grantee");
    const permission = textOf(grant, "Permission");
    if (!grantee || permission === undefined) throw new S3Error("MalformedXML");
    const group = textOf(grantee, "URI");
    if (group === everyone && permission === "READ") isPublic = true;
    else if (group !== undefined || permission !== "FULL_CONTROL")
      throw new S3Error("NotImplemented", "Only the grants of private and public-read are implemented.");
  }
  return isPublic ? "public-read" : null;
}

async function aclIn(request: Request): Promise<CannedAcl | null> {
  const body = await bodyOf(request);
  const asked = aclInHeaders(request.message.headers);
  if (asked !== undefined) return asked;
  if (body.length === 0) throw new S3Error("MalformedXML");
  return aclInXml(body);
}

function aclXml(owner: string, acl: CannedAcl | undefined): XmlElements {
  const grant = (type: string, grantee: XmlElements, Permission: string): XmlElements => ({
    Grantee: { "@": { "xmlns:xsi": schema, "xsi:type": type }, ...grantee },
    Permission,
  });
  return {
    Owner: ownerElement(owner),
    AccessControlList: {
      Grant: [
        grant("CanonicalUser", ownerElement(owner), "FULL_CONTROL"),
        ...(acl === "public-read" ? [grant("Group", { URI: everyone }, "READ")] : []),
      ],
    },
  };
}

export function getBucketAcl(request: Request): void {
  sendXml(request, "AccessControlPolicy", aclXml(ownerOf(request), settingsOf(request).acl));
}

export async function putBucketAcl(request: Request): Promise<void> {
  const bucket = writable(request);
  await bucket.configure({ acl: await aclIn(request) });
  send(request, 200);
}

export async function getObjectAcl(request: Request): Promise<void> {
  const object = await find(request);
  sendXml(request, "AccessControlPolicy", aclXml(ownerOf(request, object), object.acl));
}

export async function putObjectAcl(request: Request): Promise<void> {
  const bucket = writable(request);
  const acl = await aclIn(request);
  await bucket.alter(request.key, parameter(request, "versionId"), ({ acl: _, ...object }) => ({
    ...object,
    ...(acl && { acl }),
  }));
  send(request, 200);
}
