/** Access to a remote as git in the user's checkout has it: its URL, and the settings for authentication and network. */
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { nothingInherited, runGit } from "../../disk/run-git.ts";

export interface Access {
  /** URL for git, without a password, which is passed as a setting because URLs appear in process lists and messages. */
  readonly address: string;
  readonly pushAddress: string | undefined;
  /** For messages. */
  readonly shown: string;
  /** What an address that is a relative path is relative to. */
  readonly cwd: string;
  readonly settings: readonly (readonly [key: string, value: string])[];
  /** `text` from git without secrets. */
  withoutSecrets(text: string): string;
}

/**
 * Access to `remote`: the name of a remote in `checkout`, or a URL.
 *
 * @throws Failure `input` where it is neither.
 */
export async function accessTo(remote: string, checkout: string, world: World): Promise<Access> {
  if (remote === "" || remote.startsWith("-")) {
    const hint = "remote: in campaign.yaml takes its name, such as origin, or its address";
    throw new Failure("input", `“${remote}” is no git remote`, { hint });
  }
  const config = await configIn(checkout, world);
  const configured = (what: string) => config.find(({ key }) => key === `remote.${remote}.${what}`)?.value;
  const known = configured("url");
  if (known === undefined && !/[/:\\]/.test(remote)) {
    throw new Failure("input", `git in ${checkout} knows no remote “${remote}”`, {
      hint: `git -C ${checkout} remote add ${remote} ADDRESS, or write the address into campaign.yaml`,
    });
  }
  const address = openedUp(known ?? remote);
  const push = configured("pushurl");
  const pushAddress = push === undefined ? undefined : openedUp(push);
  const secrets = [address, pushAddress].flatMap((opened) => opened?.secrets ?? []);
  return {
    address: address.address,
    pushAddress: pushAddress?.address,
    shown: shownAddress(address.address),
    // Git resolves paths in its configuration from the top of the work tree, and so does this; paths of campaign.yaml from here.
    cwd: known === undefined ? checkout : await topOf(checkout, world),
    settings: [
      // Those of the user and the machine count by themselves; these only where the checkout is.
      ...config
        .filter(({ scope, key }) => lent.test(key) && /^(local|worktree|command)$/.test(scope))
        .map(({ key, value }) => [key, value] as const),
      ...address.settings,
      ...(pushAddress?.settings ?? []),
    ],
    withoutSecrets: (text) =>
      secrets.reduce(
        (clean, secret) => clean.replaceAll(secret, "…"),
        // A rewritten address (`url.….insteadOf`) may contain secrets that are not known here.
        text.replace(/\/\/[^\s/'"@]*@/g, "//"),
      ),
  };
}

/** Settings for authentication and network. `actions/checkout` writes its token into one of them. */
const lent = /^(http|credential|url|ssh)\.|^core\.(sshcommand|gitproxy|askpass)$/;

interface Setting {
  /** `system`, `global`, `local`, `worktree` or `command` */
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

async function configIn(checkout: string, world: World): Promise<readonly Setting[]> {
  const env = { ...nothingInherited, LC_ALL: "C" };
  const ran = await runGit(["config", "--list", "--show-scope", "--null", "--includes"], {
    env,
    cwd: checkout,
    signal: world.signal,
  });
  if (ran.code !== 0) {
    throw new Failure("refused", `git can't read its settings in ${checkout}: ${ran.message}`, {
      hint: "git 2.39 or newer is needed; does `git config --list` work there?",
    });
  }
  const words = ran.stdout.toString().split("\0");
  const settings: Setting[] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    const setting = words[i + 1]!;
    const end = setting.indexOf("\n");
    // A key alone means true.
    const [key, value] = end < 0 ? [setting, "true"] : [setting.slice(0, end), setting.slice(end + 1)];
    settings.push({ scope: words[i]!, key, value });
  }
  return settings;
}

async function topOf(checkout: string, world: World): Promise<string> {
  const env = { ...nothingInherited, LC_ALL: "C" };
  const ran = await runGit(["rev-parse", "--show-toplevel"], { env, cwd: checkout, signal: world.signal });
  return ran.code === 0 && ran.stdout.length > 0 ? ran.stdout.toString().replace(/\n$/, "") : checkout;
}

function openedUp(address: string): Pick<Access, "address" | "settings"> & { readonly secrets: readonly string[] } {
  const url = /^https?:\/\//i.test(address) && URL.parse(address);
  if (!url || url.password === "") return { address, settings: [], secrets: [] };
  const [user, password] = [decoded(url.username), decoded(url.password)];
  const basic = Buffer.from(`${user}:${password}`).toString("base64");
  const secrets = [url.password, password, basic];
  url.username = url.password = "";
  return { address: url.href, settings: [[`http.${url.href}.extraHeader`, `Authorization: Basic ${basic}`]], secrets };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** A URL without user, password and query. */
function shownAddress(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1").replace(/[?#].*$/s, "");
}
