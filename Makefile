# SPDX-License-Identifier: Apache-2.0
# Every target is a line over a CMake preset or a script. `make` builds release; CONTRIBUTING.md lists the rest.
.DEFAULT_GOAL := release
.PHONY: packages packages-develop release demo study test test-all bench asan tsan fuzz tidy format install models graphs clean
CLANG_FORMAT ?= clang-format-19
SOURCES = $(shell git ls-files 'include/*.h' 'src/*.h' 'src/*.cc' 'src/*.inl' 'cli/*.cc' 'cli/*.h' 'race/*.cc' 'race/*.h' 'peers/*.cc' 'peers/*.h' 'tests/*.cc' 'fuzz/*.cc')

packages:
	@tools/install_packages

packages-develop:
	@tools/install_packages tools/packages-develop.txt

release: packages
	cmake --preset release && cmake --build --preset release

demo: packages
	@tools/demo

study: release
	@tools/study

test: release
	tests/python/ensure_venv.sh && tools/run_tests build/release -LE all

# All of it, or PART=NAME; PART=list names the parts.
test-all:
	@tools/test_all $(PART)

bench: release
	tools/bench

asan: packages
	cmake --preset asan && cmake --build --preset asan && tests/python/ensure_venv.sh && tools/run_tests build/asan -LE all

tsan: packages
	cmake --preset tsan && cmake --build --preset tsan && tools/run_tests build/tsan -L threads

fuzz: packages packages-develop
	cmake --preset fuzz && cmake --build --preset fuzz && tools/fuzz build/fuzz

tidy: packages packages-develop
	cmake --preset tidy && cmake --build --preset tidy

format: packages-develop
	$(CLANG_FORMAT) -i $(SOURCES)

install: release
	cmake --install build/release

models: packages
	tools/make_models

graphs: packages
	tests/models/refresh_graphs

clean:
	rm -rf build
