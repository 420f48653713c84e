# SPDX-License-Identifier: GPL-2.0-only
#
# picket: see `make help`. Everything is built below BUILD; the source tree stays clean.

BUILD ?= build
VERSION := 0.1.0
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
BRANCH := $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 600

CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool /usr/bin/bpftool) bpftool)
PYTHON ?= /usr/bin/python3
PACKAGES := libbpf libmicrohttpd libcurl libprotobuf-c zlib yaml-0.1 jansson libelf nettle gnutls libcrypt

CFLAGS ?= -O2 -g
SANITIZE := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Iexporter -I$(BUILD)/bpf -I$(BUILD)/proto \
	$(shell pkg-config --cflags $(PACKAGES)) $(SANITIZE) $(CFLAGS)
ALL_LDLIBS = $(shell pkg-config --libs $(PACKAGES)) $(LDLIBS)
VERSION_FLAGS = -DPICKET_VERSION='"$(VERSION)"' -DPICKET_REVISION='"$(REVISION)"' -DPICKET_BRANCH='"$(BRANCH)"'
BPF_CFLAGS = -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
	-Iinclude -Ibpf

SOURCES := $(wildcard exporter/*.c exporter/*/*.c)
OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out exporter/main.c,$(SOURCES)))
BPF_SOURCES := $(wildcard bpf/*.bpf.c)
SKELETONS := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.skel.h,$(BPF_SOURCES))
PROTOS := $(patsubst proto/%.proto,$(BUILD)/proto/%.pb-c.h,$(wildcard proto/*.proto))
PROTO_OBJECTS := $(PROTOS:.h=.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCH_SKELETONS := $(patsubst tests/bench/%.bpf.c,$(BUILD)/bench/%.skel.h,$(wildcard tests/bench/*.bpf.c))
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*_bench.c))
C_FILES = $(wildcard include/picket/*.h exporter/*.[ch] exporter/*/*.[ch] bpf/*.[ch] tests/*/*.[ch])
PYTHON_FILES = $(wildcard tests/*/*.py)
SHELL_FILES = $(wildcard tests/*/*.sh tests/*.sh .ci/run deploy/*.sh deploy/*/*.sh deploy/picket.bash-completion)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run deps deps-test test test-asan test-alerts test-dashboards previews test-e2e test-quiet test-isolation test-kubernetes test-kernels soak fuzz check lint fmt bench demo clean help
.DEFAULT_GOAL := all

Q := $(if $(V),,@)

all: $(BUILD)/picket ## build the daemon and its commands, one binary

$(BUILD)/picket: $(BUILD)/exporter/main.o $(BUILD)/libpicket.a
	$(Q)echo "  LINK    $@"
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

$(BUILD)/libpicket.a: $(OBJECTS) $(PROTO_OBJECTS) $(BUILD)/exporter/state/default_rules.o
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c | $(SKELETONS) $(PROTOS)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<

# Only what prints the version is built anew when it changes.
$(BUILD)/version.stamp: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(VERSION_FLAGS)' | cmp -s - $@ || echo '$(VERSION_FLAGS)' >$@
.PHONY: FORCE
FORCE: # phony: .SECONDARY would take a missing file for one that is not needed
VERSIONED := $(shell grep -ls '"version.h"' $(SOURCES))
$(patsubst %.c,$(BUILD)/%.o,$(VERSIONED)): EXTRA_CFLAGS = $(VERSION_FLAGS)
$(patsubst %.c,$(BUILD)/%.o,$(VERSIONED)): $(BUILD)/version.stamp

$(BUILD)/exporter/state/default_rules.o: exporter/state/default_rules.yaml
	$(Q)mkdir -p $(@D)
	$(Q){ echo '#include "state/default_rules.h"'; echo 'const unsigned char default_rules_yaml[] = {'; \
		od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; echo '};'; \
		echo 'const unsigned int default_rules_yaml_len = sizeof(default_rules_yaml);'; } >$(@:.o=.c)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $(@:.o=.c)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/picket/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  BPF     $<"
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $@

# Each of these is another source built in another way.
CASTS := file process modification privilege escape
$(CASTS:%=$(BUILD)/bpf/%_cast.bpf.o): $(BUILD)/bpf/%_cast.bpf.o: bpf/%_tracepoint.bpf.c
$(BUILD)/bpf/network_cast.bpf.o: bpf/network_cgroup.bpf.c

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $* >$@

$(BUILD)/proto/%.pb-c.h: proto/%.proto
	$(Q)mkdir -p $(@D)
	$(Q)echo "  PROTO   $<"
	$(Q)protoc-c --c_out=$(@D) -I proto $<

$(BUILD)/proto/%.pb-c.o: $(BUILD)/proto/%.pb-c.h
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $(<:.h=.c)

run: deps ## install what is missing, build, and watch this machine
	$(Q)$(MAKE) --no-print-directory all
	@echo
	@echo "picket starts with its defaults. Look at:"
	@echo "  http://localhost:10077/           what it sees"
	@echo "  http://localhost:10077/metrics    what Prometheus scrapes"
	@echo "  $(BUILD)/picket events -f         findings as they happen (in another terminal)"
	@echo
	$(if $(filter-out 0,$(shell id -u)),sudo )$(BUILD)/picket $(ARGS)

deps: ## install what is missing to build and run (apt or dnf; asks nothing)
	$(Q)tests/deps.sh build

deps-test: ## install what is missing for `make check`
	$(Q)tests/deps.sh build test

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libpicket.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libpicket.a $(ALL_LDLIBS) -lcmocka -lpthread

test: $(UNIT_TESTS) ## unit tests: no root, seconds
	$(Q)tests/unit/run.sh $(UNIT_TESTS)

test-asan: ## the same under address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN=1 CFLAGS='-O1 -g' test

test-alerts: ## alerts, runbooks and routes with promtool and amtool: no root
	$(Q)$(PYTHON) -m pytest -p no:cacheprovider -q tests/alerts

test-dashboards: all ## Grafana's dashboards: the linter's rules, and every expression against real scrapes (root)
	$(Q)$(PYTHON) -m pytest -p no:cacheprovider -q tests/dashboards
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -p no:cacheprovider -q -s tests/e2e/test_dashboards.py

previews: all ## pictures of the dashboards, drawn from three minutes of real containers (root)
	$(Q)mkdir -p dashboards/grafana/preview
	$(Q)BUILD=$(abspath $(BUILD)) DASHBOARD_SECONDS=180 DASHBOARD_PREVIEWS=$(CURDIR)/dashboards/grafana/preview \
		$(PYTHON) -m pytest -p no:cacheprovider -q -s tests/e2e/test_dashboards.py

test-e2e: all ## real containers, real Prometheus, an independent OTLP receiver (root)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -p no:cacheprovider -q tests/e2e \
		--ignore=tests/e2e/test_dashboards.py --ignore=tests/e2e/test_quiet.py --ignore=tests/e2e/test_isolation.py \
		--ignore=tests/e2e/test_kubernetes.py

test-quiet: all ## ordinary containers' life raises nothing: nginx, PostgreSQL, a build, a script (root, Debian's packages)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -p no:cacheprovider -q -rs tests/e2e/test_quiet.py

test-isolation: all ## WebAssembly modules, a gVisor sandbox, TEE devices in containers (root); RUNWASI=1 builds a shim, too
	$(Q)BUILD=$(abspath $(BUILD)) RUNWASI=$(RUNWASI) $(PYTHON) -m pytest -p no:cacheprovider -q -rs tests/e2e/test_isolation.py

test-kubernetes: all ## the chart on a real node: kubelet, API, containerd; built first, which takes long (root, Go)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -p no:cacheprovider -q -rs -s tests/e2e/test_kubernetes.py

$(BUILD)/kernels/nothing: tests/kernels/nothing.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -static -nostdlib -o $@ $<

$(BUILD)/kernels/suite: $(wildcard tests/kernels/suite*.c tests/kernels/operations*.c) $(BUILD)/libpicket.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/kernels -o $@ $(filter %.c,$^) $(BUILD)/libpicket.a $(ALL_LDLIBS)

test-kernels: all $(BUILD)/kernels/suite $(BUILD)/kernels/nothing ## the sensor suite on this kernel and in QEMU (root)
	$(Q)BUILD=$(BUILD) tests/kernels/run.sh $(KERNELS)

soak: all ## exact counts under load, SOAK_SECONDS=600, and then with restarts for a quarter of that (root)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/soak/soak.py --seconds $(SOAK_SECONDS)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/soak/soak.py --seconds $$(($(SOAK_SECONDS) / 4 + 10)) --restarts

$(BUILD)/fuzzed/libpicket.a: FORCE
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzzed CC=$(CLANG) SAN= \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined' $@

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzzed/libpicket.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(ALL_CFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $< $(BUILD)/fuzzed/libpicket.a $(ALL_LDLIBS)

fuzz: $(FUZZERS) ## every parser of outside bytes, FUZZ_SECONDS=60 each
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZERS)

# Programs of the benchmarks only: the plain walk, and a source of records.
$(BUILD)/bench/%.skel.h: tests/bench/%.bpf.c $(wildcard bpf/*.h include/picket/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $(@:.skel.h=.bpf.o) $<
	$(Q)$(LLVM_STRIP) -g $(@:.skel.h=.bpf.o)
	$(Q)$(BPFTOOL) gen skeleton $(@:.skel.h=.bpf.o) name $* >$@

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libpicket.a $(BENCH_SKELETONS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -I$(BUILD)/bench -o $@ $< $(BUILD)/libpicket.a $(ALL_LDLIBS) -lpthread

bench: all $(BENCHES) ## the budgets, as ratios of one run, in minutes (root)
	$(Q)$(BUILD)/bench/rules_bench
	$(Q)$(BUILD)/bench/scrape_bench
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/bench.py

demo: all ## a scripted attack in a real container, watched live (root)
	$(Q)BUILD=$(abspath $(BUILD)) tests/e2e/demo.sh

lint: $(SKELETONS) $(PROTOS) ## format, static analysis, shell, module boundaries
	$(Q)clang-format --dry-run --Werror $(C_FILES)
	$(Q)clang-tidy --quiet $(SOURCES) -- $(ALL_CFLAGS) 2>$(BUILD)/tidy.log || { cat $(BUILD)/tidy.log; exit 1; }
	$(Q)shellcheck $(SHELL_FILES)
	$(Q)tests/lint/boundaries.sh
	$(Q)$(PYTHON) -c 'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]' $(PYTHON_FILES)
	@echo "lint: clean"

fmt: ## format all C
	$(Q)clang-format -i $(C_FILES)

check: ## everything that this machine can run; what it must skip, it says
	$(Q)$(MAKE) --no-print-directory deps-test
	$(Q)tests/check.sh $(MAKE)

include deploy/deploy.mk

clean: ## remove BUILD
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

-include $(OBJECTS:.o=.d) $(BUILD)/exporter/main.d $(UNIT_TESTS:=.d)
