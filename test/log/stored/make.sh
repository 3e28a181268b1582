# Five releases in a log of the fieldtree in the checkout $1, by the log kind $2, in the folder $3.
set -euo pipefail
fieldtree=$1; kind=$2; mkdir -p "$3"; cd "$3"
ft() { node "$fieldtree/pipeline/bin.ts" "$@"; }
at() { SOURCE_DATE_EPOCH=$1 ft "${@:2}"; }
git init -q --bare -b main remote.git
git init -q -b main campaign; cd campaign; git remote add origin ../remote.git
cp -r "$fieldtree/sample" .
cat >campaign.yaml <<YAML
campaign: tradeline
title: TRADELINE, a sample campaign in the trade winds
providers: [{ name: Institute of Sample Oceanography, roles: [producer] }]
log: { kind: $kind }
YAML
printf 'products:\n' >tree.yaml
KITE=KITE/KITE-20260126a
ft add sample/products/$KITE/dropsondes.zarr --at products/$KITE/dropsondes.zarr
ft add sample/raw/$KITE/report.md --at raw/$KITE/report.md
at 1769500000 publish
ft add sample/products/$KITE/track.zarr --at products/$KITE/track.zarr
at 1769600000 publish
[[ -f ../../key ]] || ft key new --to ../../key
export LOG_KEY=$(cat ../../key)
sed -i "s/log: { kind: $kind }/log: { kind: $kind, key: LOG_KEY }/" campaign.yaml
ft add sample/products/ALMA/surface_meteorology.zarr --at products/ALMA/surface_meteorology.zarr
at 1769700000 publish
sed -i '/report.md/d' tree.yaml
at 1769800000 publish
at 1769900000 rollback 3 --why "the report was not meant to go"
ft log --json
ft car export --scope log -o ../log.car --json
