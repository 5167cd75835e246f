# Debian packages, their checks and the acceptance test. Included by the Makefile.

.PHONY: deb deb-other apt-repo vendor supply-chain alerts lintian reproducible test-system autopkgtest test-arm64 test-apparmor

# Packages with compiled code are made for two architectures: this machine's, and the other one by a cross compiler.
OTHER_ARCH := $(if $(filter arm64,$(shell dpkg --print-architecture 2>/dev/null)),amd64,arm64)

# The packages, in build/deb: built in a clean Debian 13 root with no network.
deb:
	scripts/deb.sh build/deb

# Those with compiled code for the other architecture, in build/deb-arm64.
deb-other:
	BUILD_ARCH=$(OTHER_ARCH) scripts/deb.sh build/deb-$(OTHER_ARCH)

# A signed apt repository of them, in build/apt-repo. GNUPGHOME: the folder of the key (docs/operate.md).
apt-repo: deb deb-other
	scripts/apt-repo.sh build/apt-repo build/deb build/deb-$(OTHER_ARCH)

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

lintian: deb deb-other
	scripts/deb-lintian.sh build/deb build/deb-$(OTHER_ARCH)

# Builds them again under different circumstances and compares every byte.
reproducible: deb deb-other
	scripts/deb-reproducible.sh build/deb build/deb-$(OTHER_ARCH)

# Boots Debian 13 and plays operator and probe.
test-system: $(SETUP)
	test/system/run.sh

# Runs debian/tests as Debian does, in a Debian 13 of its own.
autopkgtest:
	test/system/autopkgtest.sh

# Installs them in an emulated Debian of arm64. Takes minutes; not part of .ci/run.
test-arm64:
	test/system/arm64.sh

# Boots Debian 13 on a kernel with AppArmor: the services under their profiles. Makes that kernel first, so it takes long
# the first time; not part of .ci/run (CONTRIBUTING.md, "The AppArmor profiles").
test-apparmor: $(SETUP)
	test/system/apparmor.sh
