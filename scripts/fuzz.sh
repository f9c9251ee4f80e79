#!/usr/bin/env bash
# Runs every native fuzz target of the module for the time given, one after
# the other: go test takes one target at a time.
set -euo pipefail
for package in $(go list ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/func //'); do
		echo "fuzz $package $target $1"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 5x | { grep -vE '^(fuzz: elapsed|PASS)' || true; }
	done
done
