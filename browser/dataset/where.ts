/**
 * Where a page was opened: on which gateway, in which portal. Gateways name what they serve in the path, or in the host.
 *
 * @see https://specs.ipfs.tech/http-gateways/subdomain-gateway/
 */

export interface Where {
  /** URL without a slash at its end; `undefined` for a host of files, or a disk. */
  readonly gateway?: string;
  /** `ipfs://CID` or `ipns://NAME`, where the gateway reports it; else the portal's URL. */
  readonly portal: string;
  /** The portal's URL, without a slash at its end. */
  readonly portalUrl: string;
}

/** @param root of the portal, as the browser has it. */
export function whereIs(root: URL): Where {
  const portalUrl = root.href.replace(/\/$/, "");
  const [, kind, name] = /^\/(ipfs|ipns)\/([^/]+)\/?$/.exec(root.pathname) ?? [];
  if (kind && name) return { gateway: root.origin, portal: `${kind}://${name}`, portalUrl };
  const [, label, space, host] = /^([^.]+)\.(ipfs|ipns)\.(.+)$/.exec(root.host) ?? [];
  if (label && space && host && root.pathname === "/") {
    return { gateway: `${root.protocol}//${host}`, portal: `${space}://${nameOf(label, space)}`, portalUrl };
  }
  return { portal: portalUrl, portalUrl };
}

/** DNS names have their dots as dashes in a label, and their dashes doubled. */
function nameOf(label: string, space: string): string {
  if (space === "ipfs" || !label.includes("-")) return label;
  return label.replace(/--|-/g, (dashes) => (dashes === "--" ? "-" : "."));
}
