# Everything that one does with this repository. PG=15 to 18 chooses the PostgreSQL that demo and test use, a private
# one under target/; install and installcheck use the server that PG_CONFIG belongs to.
PG ?= 15
PG_CONFIG ?= pg_config
# What others get names its sources by /telemetry and /cargo, wherever these folders are: built in another one, it has the same bytes.
CRATES := $(or $(CARGO_HOME),$(HOME)/.cargo)
FOLDERS := $(CURDIR)=/telemetry $(patsubst %,%=/cargo,$(sort $(CRATES) $(realpath $(CRATES))))
RUST_FLAGS := CARGO_TARGET_$(shell rustc --print host-tuple 2>/dev/null | tr a-z- A-Z_)_RUSTFLAGS
SAME_PATHS = $(RUST_FLAGS)="$$$(RUST_FLAGS) $(FOLDERS:%=--remap-path-prefix=%)" CFLAGS="$$CFLAGS $(FOLDERS:%=-ffile-prefix-map=%)"
# pgrx wants to know the server by a configuration file; this one is ours, nobody's ~/.pgrx is read or written.
BUILD = mkdir -p target/pgrx-install \
    && printf '[configs]\npg%s = "%s"\n' $(MAJOR_OF_CONFIG) "$$(command -v $(PG_CONFIG))" >target/pgrx-install/config.toml \
    && PGRX_HOME=$(CURDIR)/target/pgrx-install CARGO_TARGET_DIR=$(CURDIR)/target/build $(SAME_PATHS) scripts/build-extension "$$(command -v $(PG_CONFIG))"
TREE = target/build/release/telemetry-pg$(MAJOR_OF_CONFIG)
MAJOR_OF_CONFIG = $(shell $(PG_CONFIG) --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')

.PHONY: all demo demo-shards test test-long matrix bench bench-read bench-kpis bench-tenants docs site install installcheck tree package clean

demo: ## build, start a throw-away server, log a real purchase log, show KPIs
	@scripts/setup
	@scripts/demo $(PG)

demo-shards: ## start a router, two shards and a replica of one, log through the router, and ask it
	@scripts/setup
	@scripts/demo-shards $(PG)

test: ## every suite on PostgreSQL $(PG); SUITES="books courier": these; SUITES=server: those that may depend on the server's version
	@scripts/setup
	@tests/run $(PG) $(SUITES)

test-long: ## the sizes that take too long for every change, as tests/long_runs names them, of all its suites or of SUITES="courier pages"
	@scripts/setup
	@LONG=yes tests/run $(PG) $(SUITES)

matrix: ## every suite on PostgreSQL 15, and on 16, 17 and 18 all but those of programs beside the server; BOOKS=yes: the behaviour books alone
	@scripts/setup
	@scripts/matrix

bench: ## what a logged event costs, against a plain INSERT and against COPY
	@scripts/setup
	@bench/log_event $(PG)
	@bench/log_events $(PG)
	@bench/leaves/run

bench-read: ## five questions over 10 million events against ClickHouse, DuckDB and plain SQL; LARGE=yes: 100 million too
	@scripts/setup
	@PG=$(PG) bench/read/run 10000000
	@$(if $(LARGE),PG=$(PG) bench/read/run 100000000)

bench-kpis: ## every KPI over 10 million events beside plain SQL, ClickHouse and DuckDB
	@scripts/setup
	@PG=$(PG) bench/kpis/run 10000000

bench-tenants: ## 10,000 tenants in one log of 5 million events: ticks, KPIs, logging
	@scripts/setup
	@scripts/install-extension $(PG)
	@PG=$(PG) bench/tenants/run 5000000 10000

docs: ## write the reference of functions anew: docs/functions.md and docs/functions/, from the COMMENTs and examples.sql
	@scripts/setup
	@scripts/document $(PG)

site: ## the website of README and docs/, with search, into target/site/html; a link that leads nowhere is an error
	@scripts/site

install: ## into the server of PG_CONFIG; needs permission to write there
	rm -rf target/install
	$(BUILD) target/install
	scripts/put-in-place target/install

installcheck: ## the behaviour books on the running server that PGHOST, PGPORT and PGUSER name
	@tests/regress/books target/installcheck
	"$$(dirname "$$($(PG_CONFIG) --pgxs)")/../test/regress/pg_regress" --inputdir=tests/regress --outputdir=target/installcheck \
	    --bindir="$$($(PG_CONFIG) --bindir)" --dbname=contrib_regression --schedule=target/installcheck/schedule

all: tree

tree: ## files to copy onto a server of the major version of PG_CONFIG, under target/build/release
	rm -rf $(TREE)
	$(BUILD) $(TREE)

package: tree ## Debian packages of the extension, for the major version of PG_CONFIG, and of the courier, in target/packages: docs/packages.md says which files go where
	$(SAME_PATHS) cargo build --release --locked -p telemetry-courier --target-dir target/courier
	scripts/package $(MAJOR_OF_CONFIG) "$(TREE)$$($(PG_CONFIG) --pkglibdir)" "$(TREE)$$($(PG_CONFIG) --sharedir)/extension" target/courier/release/telemetry-courier

clean: ## stop and remove this checkout's clusters, then everything built
	@scripts/cluster stop --all
	rm -rf target
