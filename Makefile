# What people type. CMakePresets.json is what builds; scripts/ is what these targets run.
.DEFAULT_GOAL := help
.PHONY: help demo check check-long bench evidence notebooks install clean release
JOBS ?= 2
PREFIX ?= /usr/local

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: release ## build, run the published scenario, print its summary
	build/release/pursuit run scenarios/published.yaml -o build/demo.h5 --force
	build/release/pursuit summary build/demo.h5

release: ## the program alone, build/release/pursuit
	scripts/install-deps build
	cmake --preset release -DBUILD_TESTING=OFF
	cmake --build --preset release -j $(JOBS)

check: ## every test and check, as CI runs them
	scripts/install-deps check
	JOBS=$(JOBS) scripts/check

check-long: ## tests that take long: kills at random moments; before a release
	scripts/install-deps check
	JOBS=$(JOBS) scripts/check-long

bench: release ## measure what docs/performance.md tells of and print its table; four minutes or so on 2 cores
	scripts/bench

evidence: release ## run what docs/evidence.md tells of and write it; five minutes or so on 2 cores
	scripts/install-deps evidence
	scripts/evidence --program build/release/pursuit

notebooks: release ## make the data of notebooks/ and execute them; a minute or two on 2 cores
	scripts/install-deps notebooks
	JOBS=$(JOBS) scripts/notebooks

install: ## install under PREFIX (/usr/local), building first if need be
	[ -x build/release/pursuit ] || $(MAKE) release
	cmake --install build/release --prefix $(PREFIX)

clean: ## remove build/
	rm -rf build
