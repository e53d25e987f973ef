#!/bin/bash
# Every check that a change must pass. Prints how long each part took.
#
# FAULTS=long makes the runs of curtail/tests/faults longer: a million clicks and sixty kills.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/node-path.sh

times=()
# stage NAME COMMAND…
stage() {
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    "$@"
    times+=("$((SECONDS - start)) s  $name")
}

# The suites send more than one address may.
web() {
    CURTAIL_GATEWAY__IP_PER_SECOND=0 CURTAIL_GATEWAY__ANONYMOUS_PER_MINUTE=10000 CURTAIL_REDIRECTOR__NOT_FOUND_PER_MINUTE=0 \
        CURTAIL_AUTH__REGISTRATIONS_IP_PER_HOUR=1000 CURTAIL_AUTH__MAIL_BURST=1000 \
        scripts/with-platform.sh scripts/test-web.sh
}

if [ "${FAULTS:-}" = long ]; then
    export FAULTS_CLICKS=${FAULTS_CLICKS:-1000000} FAULTS_KILLS=${FAULTS_KILLS:-60} F07_SECONDS=${F07_SECONDS:-30}
fi
stage "setup" scripts/setup.sh test
# setup.sh may have brought Node.
. scripts/node-path.sh
stage "linters" scripts/lint.sh
stage "tests of the tools" npm --prefix tools test
stage "tests" node tools/tests/run.js
stage "commands of the docs" scripts/with-platform.sh scripts/test-docs.sh
stage "browsers and clients" web
echo "== where the time went"
printf '%s\n' "${times[@]}"
