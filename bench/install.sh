#!/bin/sh
# Installs wrk and nginx for the bench where it can. Without them the bench
# still runs: with its own load generator, and without nginx in the table.
set -eu
missing=""
command -v wrk >/dev/null || missing="$missing wrk"
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	# shellcheck disable=SC2086 # two words are two packages
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "bench: not installed:$missing (Debian: apt-get install$missing); going on without" >&2
