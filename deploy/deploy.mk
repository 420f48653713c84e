# SPDX-License-Identifier: GPL-2.0-only
#
# What leaves the source tree: installed files, Debian package, container image, manifests. Part of ../Makefile.

SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
TOOLS := $(BUILD)/tools
SHARED_FILES = $(wildcard dashboards/alerts/*.yaml dashboards/grafana/*.json)

.PHONY: install uninstall deb image manifests test-deploy test-package test-hardening

$(BUILD)/picket.8: deploy/picket.8.in deploy/man_options.awk $(BUILD)/picket
	$(Q)$(BUILD)/picket --help | awk -f deploy/man_options.awk >$@.options
	$(Q)sed -e '/^@OPTIONS@$$/{r $@.options' -e 'd;}' $< >$@

$(BUILD)/picket.service: deploy/picket.service FORCE
	$(Q)sed 's|/usr/bin/picket|$(PREFIX)/bin/picket|' $< | cmp -s - $@ || sed 's|/usr/bin/picket|$(PREFIX)/bin/picket|' $< >$@

install: all $(BUILD)/picket.8 $(BUILD)/picket.service ## DESTDIR, PREFIX=/usr/local, SYSCONFDIR=/etc; keeps configuration
	install -D -m 0755 $(BUILD)/picket $(DESTDIR)$(PREFIX)/bin/picket
	install -D -m 0644 $(BUILD)/picket.service $(DESTDIR)$(UNITDIR)/picket.service
	install -D -m 0644 $(BUILD)/picket.8 $(DESTDIR)$(PREFIX)/share/man/man8/picket.8
	install -D -m 0644 deploy/picket.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/picket
	$(if $(SHARED_FILES),install -d $(DESTDIR)$(PREFIX)/share/picket)
	$(foreach file,$(SHARED_FILES),install -D -m 0644 $(file) $(DESTDIR)$(PREFIX)/share/picket/$(file:dashboards/%=%)$(newline))
	install -d $(DESTDIR)$(SYSCONFDIR)/default $(DESTDIR)$(SYSCONFDIR)/picket/rules.d
	test -e $(DESTDIR)$(SYSCONFDIR)/default/picket || \
		install -m 0644 deploy/picket.default $(DESTDIR)$(SYSCONFDIR)/default/picket

uninstall: ## what `make install` put there, with the same variables; keeps configuration
	rm -f $(DESTDIR)$(PREFIX)/bin/picket $(DESTDIR)$(UNITDIR)/picket.service $(DESTDIR)$(PREFIX)/share/man/man8/picket.8 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/picket
	rm -rf $(DESTDIR)$(PREFIX)/share/picket
	@echo "kept: $(DESTDIR)$(SYSCONFDIR)/default/picket and $(DESTDIR)$(SYSCONFDIR)/picket"

deb: ## Debian package below BUILD/deb
	$(Q)deploy/debian/build.sh $(abspath $(BUILD)/deb) $(VERSION)

define newline


endef

DEPLOY_PYTEST = BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -p no:cacheprovider -q -rs

test-deploy: all ## unit, installation, chart, manifests, compose stack
	$(Q)$(DEPLOY_PYTEST) tests/deploy --ignore=tests/deploy/test_package.py --ignore=tests/deploy/test_systemd.py

test-hardening: all ## test-e2e under the restrictions of the unit; part of `make check` in its place (root)
	$(Q)PICKET_WRAPPER="$(CURDIR)/tests/deploy/confine.py $(CURDIR)/deploy/picket.service --" \
		$(MAKE) --no-print-directory test-e2e

test-package: deb ## the Debian package in a clean root: installed, upgraded, removed, purged; and under systemd (root)
	$(Q)$(DEPLOY_PYTEST) -s tests/deploy/test_package.py tests/deploy/test_systemd.py

IMAGE_ARCHIVE := $(BUILD)/picket-image.tar

image: all ## container image, an archive for `docker load` (buildah)
	$(Q)deploy/image/build.sh $(BUILD)/picket $(IMAGE_ARCHIVE) $(VERSION) $(REVISION)

.PHONY: sizing manifests-check $(BUILD)/kubernetes.yaml
$(BUILD)/kubernetes.yaml:
	$(Q)tests/deploy/kubernetes_tools.sh $(abspath $(TOOLS))
	$(Q){ echo '# SPDX-License-Identifier: GPL-2.0-only'; \
		echo '# Made from deploy/helm/picket by `make manifests`; change it there.'; \
		$(TOOLS)/helm template picket deploy/helm/picket -n picket --kube-version 1.34.0 \
			-f deploy/helm/values/plain.yaml 2>/dev/null | grep -v 'helm.sh/chart\|managed-by: Helm'; } >$@

manifests: $(BUILD)/kubernetes.yaml ## deploy/kubernetes from the Helm chart
	$(Q)cp $< deploy/kubernetes/picket.yaml

sizing: all ## what a fleet of nodes costs Prometheus, from a measured scrape (root)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/bench.py --scrape $(BUILD)/scrape.txt
	$(Q)$(PYTHON) tests/deploy/sizing.py $(BUILD)/scrape.txt

manifests-check: $(BUILD)/kubernetes.yaml
	$(Q)diff -u deploy/kubernetes/picket.yaml $<
