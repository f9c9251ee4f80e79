# piiproxy's commands. `make test` is the whole check and installs what it
# needs; the others are its parts and the long runs.
SHELL := /bin/bash -o pipefail
GO    ?= go
TOOL  := $(GO) tool -modfile=tools/go.mod
CORPUS ?= ../shared/corpus
FUZZRUNS ?= 10000
MISSES ?= 3
ONLY   ?=
RULES  ?=
LOGS := $(CURDIR)/.build

.PHONY: help test lint unit fuzz e2e corpus corpus-check eval headless bench bench-detection soak deps build clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

test: lint unit headless e2e fuzz corpus ## everything, under 15 minutes
	@echo "every check passed"

build: ## a static binary in .build/piiproxy
	CGO_ENABLED=0 $(GO) build -trimpath -o $(LOGS)/piiproxy ./cmd/piiproxy

lint: deps ## gofumpt, go vet, staticcheck
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "run gofumpt on:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	cd e2e && $(GO) vet ./... && $(GO) tool -modfile=../tools/go.mod staticcheck ./...
	cd e2e/openid && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	cd bench/detection && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	$(GO) run ./cmd/piiproxy rules lint

# What runs by itself and long, in one goroutine or as a process, has nothing for
# the race detector to find, and takes some seven minutes with it: rules on
# megabytes of what they choke on, pure functions on every number of a kind, a
# million guesses; and instances beside a database, whose like on a store in memory
# stay under it. Of the command, which reads all rules anew for every test, those
# tests are under it in which several goroutines share something.
PLAIN := ^(TestRunaway|TestRunawayBuiltin|TestFoldCost|TestLikeTheLibrary|TestAtMostSixDigits|TestEditsAndRepeatsShowNoMore|TestGuesses|TestFleetOnPostgres|TestFleetValues|TestManyTokens)$$
SHARED := Reload|EraseOnThree|ForgetMe|Destroy|Chores
COMMAND := ./cmd/piiproxy
QUIET := grep -vE '^(=== |    +---? ?PASS|--- PASS|PASS$$)' ; test $${PIPESTATUS[0]} -eq 0

unit: deps ## unit tests with the race detector; a skipped test fails
	@mkdir -p $(LOGS)
	$(GO) test -race -v -timeout 30m -skip '$(PLAIN)' $$($(GO) list ./... | grep -v /cmd/piiproxy) 2>&1 | tee $(LOGS)/unit.log | $(QUIET)
	$(GO) test -race -v -short -run '^TestFleetValues$$' ./vault 2>&1 | tee -a $(LOGS)/unit.log | $(QUIET)
	$(GO) test -race -v -timeout 30m -run '$(SHARED)' $(COMMAND) 2>&1 | tee -a $(LOGS)/unit.log | $(QUIET)
	$(GO) test -v -timeout 30m $(COMMAND) 2>&1 | tee -a $(LOGS)/unit.log | $(QUIET)
	$(GO) test -v -timeout 30m -run '$(PLAIN)' ./rules ./rules/numbering ./fragment ./vault ./proxy ./transcript 2>&1 | tee -a $(LOGS)/unit.log | $(QUIET)
	@./scripts/no-skips.sh $(LOGS)/unit.log

headless: ## the demo's scripted conversation, and that its check can fail
	@mkdir -p $(LOGS)
	$(GO) run ./cmd/piiproxy demo --headless > $(LOGS)/headless.log || { cat $(LOGS)/headless.log; exit 1; }
	@! $(GO) run ./cmd/piiproxy demo --rules none --headless > $(LOGS)/leaks.log 2>&1 || { echo "the demo finds no leak where there is one"; exit 1; }
	@echo "demo --headless: no leak with rules, leaks named without"

e2e: deps ## real bot libraries, faults and crashes, through the real binary
	@mkdir -p $(LOGS)
	cd e2e && ./install.sh && $(GO) test -v -count=1 -parallel 6 -timeout 30m ./... 2>&1 | tee $(LOGS)/e2e.log | $(QUIET)
	@./scripts/no-skips.sh $(LOGS)/e2e.log
	cd e2e/openid && $(GO) test -count=1 ./...

fuzz: ## every fuzz target, FUZZRUNS inputs each
	./scripts/fuzz.sh $(FUZZRUNS)

corpus: ## checks on the public corpora, where they are
	@if [ -d $(CORPUS) ]; then $(MAKE) --no-print-directory corpus-check; else echo "no corpus at $(CORPUS): its checks are left out (set CORPUS=DIR)"; fi

corpus-check:
	$(GO) run ./internal/wycheproof $(CORPUS)/wycheproof
	$(GO) run ./internal/pathcheck $(CORPUS)/payloads.jsonl
	$(GO) run ./internal/naughty $(CORPUS)/naughty/blns.json
	$(GO) run ./internal/corpus $(CORPUS)
	@$(MAKE) --no-print-directory eval

eval: ## what the rules find on the labelled corpora, against eval/floors.yaml (ONLY=TEXT MISSES=N RULES=PATHS)
	@if [ -d $(CORPUS)/dev ]; then $(GO) run ./cmd/piiproxy eval $(addprefix --rules ,$(RULES)) --min eval/floors.yaml --misses $(MISSES) --only "$(ONLY)" $(CORPUS)/dev/*.jsonl; else echo "no labelled corpora at $(CORPUS)/dev: eval is left out (set CORPUS=DIR)"; fi

bench: deps ## side by side: proxies, stores, and ways to look for personal data
	./bench/install.sh
	$(GO) run ./bench
	$(GO) run ./bench/stores
	@$(MAKE) --no-print-directory bench-detection

bench-detection: ## what detection costs beside loops of regexp and regexp2 and a set of go-re2
	@lines=; for name in banking77 taskmaster4 sms_spam; do file=$(CORPUS)/dev/$$name.jsonl; if [ -f $$file ]; then lines=$$lines,$$(realpath $$file); fi; done; \
	cd bench/detection && $(GO) run . -lines "$$lines"

soak: deps ## the long runs: 100 rounds of kill -9 under load, 200 in a fleet, 20 of PostgreSQL's; ten minutes of faults, 2,000 slow connections; what time tells of a token
	$(GO) test -v -count=1 -timeout 30m -run 'TestRevealTime|TestGuesses' ./reveal -samples 100000
	$(GO) test -v -count=1 -timeout 30m -run 'TestServerKilled' ./store/postgres -kills 20
	cd e2e && ./install.sh && $(GO) test -v -count=1 -timeout 60m -run 'TestCrash|TestFormCrash' . -rounds 100
	cd e2e && $(GO) test -v -count=1 -timeout 60m -run 'TestFleetCrash|TestFleetRelay' . -rounds 200
	cd e2e && $(GO) test -v -count=1 -timeout 60m -run 'TestFleetDatabase' . -rounds 100
	cd e2e && $(GO) test -v -count=1 -timeout 30m -run 'TestFaults' . -minutes 10
	cd e2e && $(GO) test -v -count=1 -timeout 30m -run 'TestSlowAttacks|TestStreamAttacks' . -connections 2000 -attack 60s

deps:
	@./scripts/deps.sh

clean:
	rm -rf $(LOGS)
