# Everything a developer runs. `make run` and `make test` work on a fresh Debian machine.

NODE ?= node
SETUP := build/setup.stamp

.PHONY: help run test check format build bench bench-record conformance docs setup clean test-explorer

help:
	@echo 'make run          start everything on loopback, with measurements in it'
	@echo 'make test         run all tests'
	@echo 'make check        formatter, linter, types, import rules'
	@echo 'make build        bundle the programs into dist/'
	@echo 'make bench        measure speed beside its limits, compare with what was recorded'
	@echo 'make bench-record as bench, and keep the table for this machine'
	@echo 'make docs         write docs/openapi.json and the tables of docs/api.md from the routes, docs/messages.md from what is logged, the recorded table of docs/performance.md'
	@echo 'make test-explorer EXPLORER=DIR  build OONI Explorer from its checkout and walk its pages on this backend'
	@echo 'make conformance  score, prioritise and ask the samples of cases, and the golden ones in ../shared when they are there'

# Debian packages and npm dependencies; again only when the lock file changed.
$(SETUP): package-lock.json scripts/setup.sh
	sh scripts/setup.sh
	@mkdir -p build && touch $@

setup: $(SETUP)

build: $(SETUP)
	$(NODE) scripts/build.mjs

run: build
	$(NODE) --import=tsx scripts/run/main.ts

test: build
	node_modules/.bin/tap run

check: $(SETUP)
	npm run --silent check

format: $(SETUP)
	npm run --silent format

conformance: $(SETUP)
	$(NODE) --import=tsx test/conformance/corpus.ts
	$(NODE) --import=tsx test/conformance/data.ts
	$(NODE) --import=tsx test/conformance/probe.ts

# EXPLORER: a checkout of OONI Explorer. What it needs and what it does: CONTRIBUTING.md.
test-explorer: build
	EXPLORER='$(EXPLORER)' $(NODE) --import=tsx test/explorer/main.ts

docs: $(SETUP)
	$(NODE) --import=tsx scripts/docs.ts

bench: build
	$(NODE) --import=tsx scripts/bench.ts

bench-record: build
	$(NODE) --import=tsx scripts/bench.ts --record

clean:
	rm -rf build dist .run .tap

-include debian.mk
