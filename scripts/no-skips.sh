#!/usr/bin/env bash
# Fails when a Go test was skipped: a check that did not run is no check.
set -eu
if skipped=$(grep -E '^ *--- SKIP' "$1"); then
	echo "skipped tests:" >&2
	echo "$skipped" >&2
	exit 1
fi
