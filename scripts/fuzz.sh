#!/usr/bin/env bash
# Runs every native fuzz target of the module for the number of inputs given,
# one after the other: go test takes one target at a time. Inputs and not time,
# because a worker that is busy when the time ends is reported as a failure
# ("context deadline exceeded", golang/go issue 75804), and a slow machine
# should not test less.
set -euo pipefail
for package in $(go list ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/func //'); do
		echo "fuzz $package $target, $1 inputs"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${1}x" -fuzzminimizetime 5x | { grep -vE '^(fuzz: elapsed|PASS)' || true; }
	done
done
