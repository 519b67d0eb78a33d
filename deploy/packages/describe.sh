#!/bin/sh
# Writes the bill of materials (SBOM) of a package that was built with what is in a root folder.
#
#   sh deploy/packages/describe.sh ROOT ARCHITECTURE KIND FILE
set -eu
cd "$(dirname "$0")/../.."

python3 deploy/packages/sbom.py --root "$1" --architecture "$2" --kind "$3" --name prometheus-arkouda-exporter \
  --version "$VERSION" --revision "$REVISION" --time "$SOURCE_DATE_EPOCH" "$4"
