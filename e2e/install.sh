#!/bin/sh
# Installs what the end-to-end tests need: Node.js with npm, Chromium with a font,
# slowhttptest, and the npm packages of bots and validators exactly as each package-lock.json
# pins them. Says in one line what to install where it cannot. Safe to run again.
set -eu
cd "$(dirname "$0")"

missing=
command -v node >/dev/null && command -v npm >/dev/null || missing="nodejs npm"
command -v chromium >/dev/null || missing="$missing chromium fonts-liberation"
command -v slowhttptest >/dev/null || missing="$missing slowhttptest"
if [ -n "$missing" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
	fi
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "e2e: Node.js with npm is missing: install version 20.19 or later (Debian: apt-get install nodejs npm)" >&2
	exit 1
fi
if ! command -v chromium >/dev/null; then
	echo "e2e: Chromium is missing: install it (Debian: apt-get install chromium fonts-liberation)" >&2
	exit 1
fi
if ! command -v slowhttptest >/dev/null; then
	echo "e2e: slowhttptest is missing: install it (Debian: apt-get install slowhttptest)" >&2
	exit 1
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
	echo "e2e: Node.js $(node --version) is too old: install version 20.19 or later" >&2
	exit 1
fi
for folder in bots validators; do
	if [ $folder/node_modules/.package-lock.json -ot $folder/package-lock.json ] || [ ! -e $folder/node_modules/.package-lock.json ]; then
		(cd $folder && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
	fi
done
