# kubectl nettrace. "make help" lists what there is to do.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 0
BUILD   := $(CURDIR)/.build
RELEASE ?= dev
FLAGS   := -trimpath -ldflags "-s -w -X main.release=$(RELEASE)"
LAB     := $(BUILD)/lab

# The test cluster that the lab targets talk to; several can stand at once.
LAB_NAME ?= lab

# The images as the test cluster's nodes know them. Another cluster (make e2e
# KUBECONFIG=…) pulls them from a registry: push them there and name them here.
PROBE_IMAGE   ?= registry.nettrace.test/probe:dev
HOSTILE_IMAGE ?= registry.nettrace.test/hostile:dev
AGNHOST_IMAGE ?= registry.nettrace.test/agnhost:2
CADDY_IMAGE   ?= registry.nettrace.test/caddy:1

MODULES   := . test/cluster test/cluster/caddy test/cluster/coredns $(addprefix test/cluster/traefik/standin/, ec2 ext httpauth) test/e2e test/podsecurity
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the plugin and the probe into .build
	@mkdir -p $(BUILD)
	go build $(FLAGS) -o $(BUILD)/kubectl-nettrace ./cmd/kubectl-nettrace
	go build $(FLAGS) -o $(BUILD)/nettrace-probe ./cmd/nettrace-probe

.PHONY: demo
demo: lab-up ## Boot a real cluster on this machine and trace a Service in it
	@test/demo/run $(LAB) $(LAB_NAME) $(PROBE_IMAGE) $(AGNHOST_IMAGE)

.PHONY: test
test: packages lint unit cross lab-test e2e-lab ## Run everything: lint, unit tests, all platforms, end to end

.PHONY: lint
lint: $(BUILD)/golangci-lint ## Check style and common mistakes in all modules
	for module in $(MODULES); do (cd $$module && $(BUILD)/golangci-lint run --timeout 20m); done

$(BUILD)/golangci-lint: test/lint/go.mod
	@mkdir -p $(BUILD)
	cd test/lint && go build -trimpath -ldflags "-s -w" -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: unit
unit: ## Run the tests that need no cluster, with the race detector
	CGO_ENABLED=1 go test -race -short ./...
	go test ./trace/finding # the long simulations, which share nothing
	cd test/podsecurity && go test ./...
	cd test/cluster && go test ./...

.PHONY: cross
cross: ## Build for every platform of a release
	for platform in $(PLATFORMS); do \
		echo "building for $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -ldflags "-s -w" -o /dev/null ./cmd/kubectl-nettrace; \
	done
	for arch in amd64 arm64; do GOOS=linux GOARCH=$$arch go build -trimpath -ldflags "-s -w" -o /dev/null ./cmd/nettrace-probe; done

.PHONY: packages
packages: $(LAB) ## Install the Debian packages that the tests need
	@missing=$$({ $(LAB) packages; printf '%s\n' gcc libc6-dev; } | while read -r package; do dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; fi

$(LAB): $(shell find test/cluster -type f)
	@mkdir -p $(BUILD)
	cd test/cluster && go build -trimpath -ldflags "-s -w" -o $@ .

.PHONY: lab-test
lab-test: packages ## Test the test cluster itself: boot, break, interrupt and kill some
	$(LAB) build
	cd test/cluster && go test -tags lab -timeout 30m -count=1 .

.PHONY: lab-up
lab-up: packages images ## Boot the test cluster and give it the images (the first time builds Kubernetes)
	$(LAB) status --name $(LAB_NAME) >/dev/null 2>&1 || $(LAB) up --name $(LAB_NAME)
	$(LAB) load --name $(LAB_NAME) $(BUILD)/probe.tar $(BUILD)/hostile.tar
	@echo "export KUBECONFIG=$$($(LAB) kubeconfig --name $(LAB_NAME)) PATH=$(BUILD):$$($(LAB) bin):\$$PATH"

.PHONY: lab-down
lab-down: $(LAB) ## Take the test cluster down
	$(LAB) down --name $(LAB_NAME)

.PHONY: images
images: build $(LAB) ## Build the images of the probe and of the hostile server
	go build -trimpath -ldflags "-s -w" -o $(BUILD)/hostile ./test/hostile
	$(LAB) image --binary $(BUILD)/nettrace-probe --name $(PROBE_IMAGE) -o $(BUILD)/probe.tar
	$(LAB) image --binary $(BUILD)/hostile --name $(HOSTILE_IMAGE) -o $(BUILD)/hostile.tar

.PHONY: e2e
e2e: ## Run the end-to-end tests against the cluster of KUBECONFIG
	@test -n "$${KUBECONFIG:-}" || { echo "make e2e KUBECONFIG=FILE [PROBE_IMAGE=… HOSTILE_IMAGE=… AGNHOST_IMAGE=… CADDY_IMAGE=…]"; exit 1; }
	@test -x $(BUILD)/kubectl-nettrace || $(MAKE) build
	cd test/e2e && PATH="$(BUILD):$$PATH" NETTRACE_PROBE_IMAGE=$(PROBE_IMAGE) NETTRACE_HOSTILE_IMAGE=$(HOSTILE_IMAGE) \
		NETTRACE_AGNHOST_IMAGE=$(AGNHOST_IMAGE) NETTRACE_CADDY_IMAGE=$(CADDY_IMAGE) NETTRACE_SCENARIO_TABLE=$(BUILD)/scenarios.md \
		go test -count=1 -timeout 40m -parallel 4 ./...
	@tail -n 1 $(BUILD)/scenarios.md

# The cluster goes down whether or not the tests pass.
.PHONY: e2e-lab
e2e-lab: LAB_NAME := e2e
e2e-lab: ## Run the end-to-end tests on a test cluster of their own
	$(MAKE) lab-up LAB_NAME=$(LAB_NAME)
	trap '$(LAB) down --name $(LAB_NAME)' EXIT; \
	PATH="$$($(LAB) bin):$$PATH" NETTRACE_LAB="$(LAB)" NETTRACE_LAB_NAME=$(LAB_NAME) \
		$(MAKE) e2e KUBECONFIG=$$($(LAB) kubeconfig --name $(LAB_NAME))

HEY := github.com/rakyll/hey@v0.1.5

.PHONY: bench
bench: lab-up ## Measure the engine against hey and wrk, and a trace against kubectl run
	command -v wrk >/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends wrk; }
	test -x $(BUILD)/hey || GOBIN=$(BUILD) go install $(HEY)
	go run ./test/bench/engine -build $(BUILD)
	test/demo/web $(LAB) $(LAB_NAME) $(AGNHOST_IMAGE)
	KUBECONFIG=$$($(LAB) kubeconfig --name $(LAB_NAME)) PATH="$(BUILD):$$($(LAB) bin):$$PATH" \
		go run ./test/bench/wall -probe $(PROBE_IMAGE) -agnhost $(AGNHOST_IMAGE)

.PHONY: docs
docs: ## Write what is generated in README.md and docs
	go test ./cmd/internal/cli -run "TestFlagTable|TestCompareFlagTable|TestRightsDoc|TestFindingsDoc" -update
	cd test/e2e && go test ./internal/scenario -run TestTable -update

.PHONY: clean
clean: ## Remove what was built here (the cluster's parts stay in the user's cache)
	rm -rf $(BUILD) dist
