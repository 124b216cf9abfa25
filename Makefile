# Everything a developer needs, one target each. `make` alone lists them.
# SWIFT_FLAGS is passed to swift build and swift test, for example SWIFT_FLAGS='-Xswiftc -warnings-as-errors'.

SWIFT_FLAGS ?=
export SWIFT_FLAGS
.DEFAULT_GOAL := help
.PHONY: help setup build release test integration comparisons lint bench fuzz-smoke sanitize demo demo-hosts tutorial \
	conformance openstack libvirt deb clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: ## install what building and testing need (Debian packages, only the missing ones)
	@scripts/setup build test

build: setup ## debug build of everything
	swift build $(SWIFT_FLAGS)

release: setup ## release build of the programs, which run without Swift
	@scripts/release

test: setup ## unit tests: no root, no network
	@scripts/test unit

integration: setup ## tests against real SSH hosts, an EC2 endpoint and a libvirt on this machine (root or sudo)
	@scripts/setup integration
	@scripts/check-editors
	@scripts/test integration

comparisons: setup ## modules, recipes and the interface beside Ansible and IM (root or sudo; many minutes)
	@scripts/setup comparisons
	@scripts/test comparisons

lint: ## formatting, shell and Python syntax, machine paths, long files
	@scripts/lint

bench: setup ## release build, then the measurements of docs/performance.md
	@scripts/setup bench
	@scripts/bench

fuzz-smoke: setup ## every fuzzer for a minute in all, over its corpus and found failures
	@scripts/fuzz-smoke

sanitize: setup ## thread sanitizer over the Core and Contextualizer test targets
	@scripts/sanitize

demo: setup ## a web server and clients on virtual machines, from nothing to nothing
	@scripts/setup libvirt
	@scripts/demo

demo-hosts: setup ## the same on SSH hosts, which start in a second: what a second run changes, and a repair
	@scripts/setup integration
	@scripts/demo-hosts

tutorial: setup ## docs/connector-tutorial.md, word by word
	@scripts/setup integration
	swift build $(SWIFT_FLAGS) --product gantry
	swift build $(SWIFT_FLAGS) --product connector-check
	@scripts/tutorial --bin "$$(swift build $(SWIFT_FLAGS) --show-bin-path)"

conformance: setup ## the conformance kit over each connector, compiled in and as a process, debug and release
	@scripts/setup integration
	@scripts/conformance
	@scripts/conformance --release

openstack: setup ## tests and conformance kit against a real OpenStack on this machine (root; some 3 GB of memory)
	@scripts/setup integration
	@scripts/openstack

libvirt: setup ## tests and conformance kit against a real libvirt on this machine, with guests that boot (root)
	@scripts/setup integration
	@scripts/libvirt

deb: setup ## Debian package of gantry and gantryd, in this folder
	@scripts/package

clean: ## remove build folders
	rm -rf .build .build-*
