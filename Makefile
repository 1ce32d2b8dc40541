# The commands that a person types. Everything is done by scripts/ and .ci/run; CI calls .ci/run.

.PHONY: help demo test lint build servers clean-servers

help:
	@echo "make demo           fill a PostgreSQL 18, dump, verify, restore, compare: PASS or FAIL"
	@echo "make test           all tests, on PostgreSQL 12 to 18"
	@echo "make lint           formatting, clippy, shell scripts"
	@echo "make build          the release binary: target/release/pgark"
	@echo "make servers        start PostgreSQL 12 to 18 and leave them running"
	@echo "make clean-servers  stop them and remove what was fetched"

demo:
	scripts/demo

test:
	scripts/test

lint:
	.ci/run fmt lint

build:
	cargo build --release --locked

servers:
	scripts/servers start

clean-servers:
	scripts/servers clean
