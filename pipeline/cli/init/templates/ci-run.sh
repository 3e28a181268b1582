#!/usr/bin/env bash
# What the workflow `ci` runs for every pull request, and you (`.ci/run`) before you change a workflow: does GitHub understand
# it (actionlint), and could a stranger abuse it (zizmor)? tree.yaml and campaign.yaml are looked at by the workflow `plan`.
#
# Needs Go and Python 3 with pip. Versions are exact; Go's module proxy and PyPI are asked for them and nobody for anything else.
# This file is yours: add what else must hold.
set -euo pipefail
cd "$(dirname "$0")/.."
export XDG_CACHE_HOME=~/.cache/fieldtree-test # ci.yml keeps it from run to run
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
bad=0

go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 || bad=1

python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --target "$tools" zizmor==1.32.0
"$tools/bin/zizmor" --offline --no-progress --pedantic . || bad=1

exit $bad
