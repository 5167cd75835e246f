# Debian packages, their checks and the acceptance test. Included by the Makefile.

.PHONY: deb apt-repo vendor supply-chain alerts lintian reproducible test-system autopkgtest

# The packages, in build/deb: built in a clean Debian 13 root with no network.
deb:
	scripts/deb.sh build/deb

# A signed apt repository of them, in build/apt-repo. GNUPGHOME: the folder of the key (docs/operate.md).
apt-repo: deb
	scripts/apt-repo.sh build/apt-repo build/deb

# After a change of runtime dependencies: tarballs, closed list, debian/copyright. Review the diff.
vendor: build
	$(NODE) scripts/supply-chain/vendor.mjs
	$(NODE) scripts/supply-chain/copyright.mjs

supply-chain: build
	$(NODE) scripts/supply-chain/check.mjs

# The alert rules and their tests, by Prometheus' own tool.
alerts:
	scripts/promtool.sh check rules docs/monitoring/alerts.yml
	scripts/promtool.sh test rules test/docs/alerts-tests.yml

lintian: deb
	scripts/deb-lintian.sh build/deb

# Builds twice under different circumstances and compares every byte.
reproducible:
	scripts/deb-reproducible.sh

# Boots Debian 13 and plays operator and probe.
test-system: $(SETUP)
	test/system/run.sh

# Runs debian/tests as Debian does, in a Debian 13 of its own.
autopkgtest:
	test/system/autopkgtest.sh
