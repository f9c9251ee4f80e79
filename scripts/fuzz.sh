#!/usr/bin/env bash
# Runs every native fuzz target of the module for the number of inputs given. The
# tests of a package are built once, with the fuzzer's instrumentation, and its
# targets run one after the other: a process takes one target at a time. Inputs and
# not time, because a worker that is busy when the time ends is reported as a
# failure ("context deadline exceeded", golang/go issue 75804), and a slow machine
# should not test less.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cache=$(go env GOCACHE)/fuzz
for package in $(go list ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	targets=$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/func //') || continue
	go test -c -fuzz . -o "$folder/fuzz.test" "$package"
	for target in $targets; do
		echo "fuzz $package $target, $1 inputs"
		(cd "$dir" && "$folder/fuzz.test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${1}x" -test.fuzzminimizetime 5x \
			-test.fuzzcachedir "$cache/$package" -test.paniconexit0 -test.timeout 20m) 2>&1 | { grep -vE '^(fuzz: elapsed|PASS)' || true; }
	done
done
