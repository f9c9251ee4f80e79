#!/usr/bin/env bash
# Sees that what the tests need is there, and installs it where it may.
set -eu
missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v gcc >/dev/null || missing+=(build-essential) # the race detector
# The tests run servers of their own on free ports; the system's is left alone.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
else
	echo "install first: sudo apt-get install ${missing[*]}" >&2
	exit 2
fi
