# make demo   the main job on real input        make test   lint, build, all tests
# make help   everything else

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps deps-all demo test tools lint build release dynamic install uninstall bench bench-postgres kills torture machines sanitize stress docs clean \
  release-postgres install-postgres deb deb-postgres postgres package-test dist dist-test library version

PREFIX ?= /usr/local
DESTDIR ?=
VERBS := enqueue work stats list show retry remove pause resume wait claim extend settle results config prune compact copy export import check
PLACES := man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d systemd/user
STATIC := -c release -Xswiftc -static-executable -Xswiftc -use-ld=lld
CHECKS := --explicit-target-dependency-import-check error
RELEASE := .build/release/q
VERSION := $(shell sed -n 's/^let version = "\(.*\)"$$/\1/p' Sources/QueueCommands/Help/Version.swift)
DATE := $(shell sed -n 's/^let versionDate = "\(.*\)"$$/\1/p' Sources/QueueCommands/Help/Version.swift)

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20

deps: ## install LMDB's headers if they are missing
	@bash .ci/deps.sh lmdb

deps-all: # the headers of libpq, too, and a server for the tests
	@bash .ci/deps.sh lmdb libpq
	@[ -n "$$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || bash .ci/tools.sh initdb:postgresql

demo: release ## checksum the files under /usr/include with 16 workers, and compare
	@bash fixtures/demo.sh "$(CURDIR)/$(RELEASE)"

test: lint build tools ## lint, build with warnings as errors, run all tests
	@bash .ci/tests.sh --skip Torture
	@bash .ci/library.sh $(VERSION) "$$(swift build --show-bin-path)/q"

tools: # what the tests look at manual pages and completions with
	@bash .ci/tools.sh groff:groff-base mandoc zsh fish script:bsdutils ps:procps python3 curl jq sqlite3 \
	  ip:iproute2 nft:nftables pgbouncer

build: deps-all
	swift build $(CHECKS) --build-tests
	@bash .ci/preload.sh

lint: deps ## check format and the direction of imports
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks
	@bash .ci/imports.sh

release: deps ## build the static release: .build/release/q
	swift build $(STATIC) $(CHECKS) --product q
	@! grep -q Q_WITHOUT $(RELEASE) || { echo "a release can leave out cures" >&2; exit 1; }

release-postgres: ## build the program for stores on a server: .build-postgres/release/q-postgres
	@bash .ci/deps.sh lmdb libpq
	swift build -c release --static-swift-stdlib --scratch-path .build-postgres $(CHECKS) --product q-postgres

dynamic: deps ## build a release that fault injection can preload: .build-dynamic/release/q
	swift build -c release --scratch-path .build-dynamic $(CHECKS) --product q

install: release ## install q and its links below DESTDIR/PREFIX
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/q"
	@strip "$(DESTDIR)$(PREFIX)/bin/q" 2>/dev/null || echo "strip is missing: q stays as it is"
	for verb in $(VERBS); do ln -sf q "$(DESTDIR)$(PREFIX)/bin/q-$$verb"; done
	install -d $(foreach place,$(PLACES),"$(DESTDIR)$(PREFIX)/share/$(place)")
	@cd "$(DESTDIR)$(PREFIX)/share"; q=$(CURDIR)/$(RELEASE); for name in q $(VERBS:%=q-%); do \
	  "$$q" help --man $${name#q-} > man/man1/$$name.1; \
	  "$$q" help --completions bash $${name#q-} > bash-completion/completions/$$name; \
	  "$$q" help --completions zsh $${name#q-} > zsh/site-functions/_$$name; \
	  "$$q" help --completions fish $${name#q-} > fish/vendor_completions.d/$$name.fish; \
	done
	sed 's,@bin@,$(PREFIX)/bin,' .packaging/q-work@.service.in >"$(DESTDIR)$(PREFIX)/share/systemd/user/q-work@.service"

install-postgres: release-postgres ## install q-postgres where q looks for it: DESTDIR/PREFIX/libexec/q
	install -d "$(DESTDIR)$(PREFIX)/libexec/q"
	install -m 755 .build-postgres/release/q-postgres "$(DESTDIR)$(PREFIX)/libexec/q/q-postgres"
	@strip "$(DESTDIR)$(PREFIX)/libexec/q/q-postgres" 2>/dev/null || echo "strip is missing: q-postgres stays as it is"

uninstall: ## remove what install made
	rm -f "$(DESTDIR)$(PREFIX)/bin/q" "$(DESTDIR)$(PREFIX)/libexec/q/q-postgres"
	for verb in $(VERBS); do rm -f "$(DESTDIR)$(PREFIX)/bin/q-$$verb"; done
	rm -f "$(DESTDIR)$(PREFIX)/share/systemd/user/q-work@.service"
	cd "$(DESTDIR)$(PREFIX)/share" && for name in q $(VERBS:%=q-%); do \
	  rm -f man/man1/$$name.1 bash-completion/completions/$$name zsh/site-functions/_$$name \
	    fish/vendor_completions.d/$$name.fish; done

bench: release dynamic ## measure beside xargs, GNU parallel and SQLite
	@bash .ci/tools.sh python3 parallel sqlite3
	@python3 -B Benchmarks/run.py "$(CURDIR)/$(RELEASE)" $(BENCH)

postgres: build tools ## the queue's contract, the model and the commands on a PostgreSQL server of one's own
	@bash .ci/postgres.sh

bench-postgres: release release-postgres ## measure queues on a server of one's own, beside a directory
	@bash .ci/tools.sh python3 pgbench:postgresql
	swift build -c release --static-swift-stdlib --scratch-path .build-postgres --product turns
	@python3 -B Benchmarks/postgres.py $(RELEASE) .build-postgres/release/q-postgres .build-postgres/release/turns $(BENCH)

kills: release ## kill -9 q-work and its peers, and look what is left
	@bash .ci/tools.sh python3 parallel
	@bash Benchmarks/kill.sh "$(CURDIR)/$(RELEASE)"

sanitize: deps ## the worker under the thread sanitizer, LMDB's layer under the address sanitizer
	@bash .ci/sanitize.sh thread '^WorkerTests|^SystemTests'
	@bash .ci/sanitize.sh address '^LMDBTests|^LMDBStoreTests|^QueueLogicTests' \
	  'address space is limited|ModelTests|told apart|RepairTests'

torture: build ## crash safety at full size: kills, power cuts, full disks; root, for loop mounts
	Q_TORTURE=1 TEST_LIMIT=$${TEST_LIMIT:-14400} bash .ci/tests.sh --filter StormTests

machines: build ## several machines on one PostgreSQL server, killed, cut off and frozen; root, for network namespaces
	@bash .ci/tools.sh ip:iproute2 nft:nftables
	Q_TORTURE=1 TEST_LIMIT=$${TEST_LIMIT:-7200} bash .ci/tests.sh --filter Storms/Machine

stress: build tools ## the stress tests of GNU parallel's authors, full size: needs 10 GB in TMPDIR
	Q_STRESS=full TEST_LIMIT=$${TEST_LIMIT:-7200} bash .ci/tests.sh --filter StressTests

docs: ## build the DocC articles: .build-docs/html
	@bash .ci/docs.sh

deb: ## build a Debian package: .build/dist/queue-directory_VERSION_ARCHITECTURE.deb
	@bash .ci/tools.sh dpkg-deb:dpkg strip:binutils gzip
	@bash .packaging/deb.sh $(VERSION) "$(DATE)" .build/dist

deb-postgres: ## the same for stores on a server: queue-directory-postgres_VERSION_ARCHITECTURE.deb
	@bash .ci/tools.sh dpkg-deb:dpkg strip:binutils gzip
	@bash .packaging/deb-postgres.sh $(VERSION) "$(DATE)" .build/dist

package-test: ## install, use, upgrade and remove the package in a small Debian: root, a mirror
	@bash .ci/package.sh $(VERSION) "$(DATE)"

dist: ## write a source archive: .build/dist/queue-directory-VERSION.tar.gz
	@bash .packaging/dist.sh $(VERSION) .build/dist

dist-test: dist # the archive builds elsewhere, without a network
	@bash .ci/dist.sh .build/dist/queue-directory-$(VERSION).tar.gz $(VERSION)

library: build # a package that uses the library, and needs no unsafe flags
	@bash .ci/library.sh $(VERSION) "$$(swift build --show-bin-path)/q"

version: # the version, from its one home
	@echo $(VERSION)

clean: ## remove what was built
	rm -rf .build .build-postgres .build-dynamic .build-docs .build-thread .build-address
