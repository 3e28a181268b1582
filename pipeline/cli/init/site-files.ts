/**
 * The files of an on-site node: systemd units that serve the campaign, mirror it and republish its records, and a compose file
 * with a Kubo for those who prefer containers. They contain no secrets.
 */

export interface SiteOptions {
  readonly name: string;
  /** Absolute path of the campaign. */
  readonly folder: string;
}

/** Returns the text of each file by path. */
export function siteFiles(options: SiteOptions): Readonly<Record<string, string>> {
  const { name } = options;
  return {
    "site/README.md": readme(options),
    [`site/fieldtree-${name}-serve.service`]: service(options, {
      about: "gateway",
      args: "serve --host 0.0.0.0 --port 8642",
      kind: "Type=simple\nRestart=on-failure\nRestartSec=10\n",
      install: "\n[Install]\nWantedBy=multi-user.target\n",
    }),
    [`site/fieldtree-${name}-mirror.service`]: service(options, {
      about: "mirror",
      args: "mirror site --to folder:/srv/%p --budget 200GB",
      kind: oneshot,
    }),
    [`site/fieldtree-${name}-mirror.timer`]: timer(options, "mirror", "10min"),
    [`site/fieldtree-${name}-republish.service`]: service(options, {
      about: "IPNS records",
      args: "republish",
      kind: oneshot,
    }),
    // The network forgets a record after 48 hours.
    [`site/fieldtree-${name}-republish.timer`]: timer(options, "republish", "12h"),
    "site/crontab": crontab(options),
    "site/compose.yaml": compose(options),
  };
}

/** In a crontab a percent sign ends the command. */
function crontab({ folder }: SiteOptions): string {
  const quoted = `'${folder.replaceAll("'", "'\\''").replaceAll("%", "\\%")}'`;
  return `# Where there is no systemd: crontab -e, and this line.
17 */12 * * *  fieldtree --campaign ${quoted} --quiet republish
`;
}

const oneshot = "Type=oneshot\n";

interface Unit {
  readonly about: string;
  /** Of fieldtree. */
  readonly args: string;
  readonly kind: string;
  readonly install?: string;
}

function service({ name, folder }: SiteOptions, { about, args, kind, install = "" }: Unit): string {
  return `[Unit]
Description=fieldtree: ${about} of ${name}
Wants=network-online.target
After=network-online.target

[Service]
${kind}WorkingDirectory=${escaped(folder)}
ExecStart=/usr/bin/env fieldtree --quiet ${args.replace("%p", name)}
NoNewPrivileges=true
PrivateTmp=true
${install}`;
}

/** Also after the machine was off when it was due. */
function timer({ name }: SiteOptions, what: string, every: string): string {
  return `[Unit]
Description=fieldtree: ${what} of ${name}, every ${every}

[Timer]
OnBootSec=2min
OnUnitActiveSec=${every}
RandomizedDelaySec=30s

[Install]
WantedBy=timers.target
`;
}

/** In unit files, a percent sign begins a specifier. */
const escaped = (path: string) => path.replaceAll("%", "%%");

/** The image is for the operator to name: a package or an image by a name alone could be a stranger's. */
function compose({ name }: SiteOptions): string {
  const run = "fieldtree --campaign /campaign";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
  const image = '"${FIELDTREE_IMAGE:?an image with fieldtree in its PATH}"';
  const every = (seconds: number, args: string) =>
    JSON.stringify(["sh", "-c", `while :; do ${run} --quiet ${args}; sleep ${seconds}; done`]);
  return `# FIELDTREE_IMAGE=… docker compose -f site/compose.yaml up -d
# A Kubo with what the campaign publishes, the campaign's gateway, and the mirror that fills the Kubo.
name: ${JSON.stringify(`fieldtree-${name.toLowerCase().replace(/[^a-z0-9_-]/g, "-")}`)}
services:
  kubo:
    image: "ipfs/kubo:v0.43.0"
    restart: unless-stopped
    # The RPC API is for the mirror alone, and is not published.
    ports: ["4001:4001/tcp", "4001:4001/udp"]
    volumes: ["kubo:/data/ipfs"]
  serve:
    image: ${image}
    restart: unless-stopped
    command: ${JSON.stringify(["sh", "-c", `exec ${run} serve --host 0.0.0.0`])}
    ports: ["8642:8642"]
    volumes: ["..:/campaign"]
  mirror:
    image: ${image}
    restart: unless-stopped
    depends_on: [kubo]
    command: ${every(600, "mirror site --to kubo:http://kubo:5001 --budget 200GB")}
    volumes: ["..:/campaign"]
volumes:
  kubo: {}
`;
}

function readme({ name }: SiteOptions): string {
  return `# ${name} at a site

With systemd, as root; \`fieldtree\` is in its PATH:

    cp site/*.service site/*.timer /etc/systemd/system/
    systemctl enable --now fieldtree-${name}-serve.service fieldtree-${name}-mirror.timer fieldtree-${name}-republish.timer

Or with containers, where the mirror is a Kubo:

    FIELDTREE_IMAGE=… docker compose -f site/compose.yaml up -d

FIELDTREE_IMAGE is an image of yours with fieldtree in its PATH, installed from where you have it.

Correct the mirror's budget and place first. Where the campaign is not published here, a timer of the same form can run \`fieldtree pull --all\`.
`;
}
