#!/bin/sh
# Prints the path of the official SARIF 2.1.0 schema, fetched from npm into the folder that is named; nothing, and 1, where npm or the network is missing.
set -eu
cd "$1"
command -v npm >/dev/null || { echo "no npm: SARIF is not validated" >&2; exit 1; }
npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null 2>&1 || { echo "npm could not fetch the schema: SARIF is not validated" >&2; exit 1; }
tar -xzf microsoft-jest-sarif-1.0.0-beta.0.tgz
echo "$PWD/package/lib/schemas/sarif-2.1.0-rtm.5.json"
