# SPDX-License-Identifier: Apache-2.0
# Every target is a line over a CMake preset or a script. `make` builds the programs; CONTRIBUTING.md lists the rest.
.DEFAULT_GOAL := release
.PHONY: packages packages-develop packages-aarch64 kite release everything wheel dist deb demo study check test test-all test-aarch64 bench \
  asan tsan lto fuzz tidy format install models graphs zoo clean
CLANG_FORMAT ?= clang-format-19
SOURCES = $(shell git ls-files 'include/*.h' 'src/*.h' 'src/*.cc' 'src/*.inl' 'cli/*.cc' 'cli/*.h' 'race/*.cc' 'race/*.h' 'peers/*.cc' 'peers/*.h' 'bindings/*.cc' 'bindings/*.h' 'tests/*.cc' 'fuzz/*.cc' 'fuzz/*.h')

packages:
	@tools/install_packages

packages-develop:
	@tools/install_packages tools/packages-develop.txt

packages-aarch64: packages
	@tools/install_packages tools/packages-aarch64.txt

kite: packages
	cmake --preset release && cmake --build --preset release --target kite

release: packages
	cmake --preset release && cmake --build --preset release --target kite kite-race

everything: packages
	tests/python/ensure_venv.sh && cmake --preset release -DKITE_BUILD_PYTHON=ON && cmake --build --preset release

# dist/paperkite-*.whl
wheel: packages
	@tools/install_packages tools/packages-wheel.txt
	tools/make_wheel

# build/dist/paperkite-*.tar.xz: the static programs.
dist: release
	tools/make_dist

# build/deb/*.deb
deb: release
	@tools/install_packages tools/packages-deb.txt
	cmake --build --preset release --target paperkite paperkite_static
	tools/make_deb

demo: packages
	@tools/demo

study: release
	@tools/study

# One program of unit tests: T=passes builds and runs kite_passes_test; ARGS go to it.
check: packages
	@mkdir -p build && cmake --preset release >build/configure.log || { cat build/configure.log; exit 1; }
	cmake --build --preset release --target kite_$(T)_test && build/release/bin/kite_$(T)_test $(ARGS)

test: everything
	tools/run_tests build/release -LE all

# All of it, or PART=NAME; PART=list names the parts.
test-all:
	@tools/test_all $(PART)

# On ARM of 64 bits, which QEMU plays.
test-aarch64: packages-aarch64
	tools/test_aarch64

bench: release
	tools/bench

asan: packages
	tests/python/ensure_venv.sh && cmake --preset asan -DKITE_BUILD_PYTHON=ON && cmake --build --preset asan && tools/run_tests build/asan -LE all

tsan: packages
	cmake --preset tsan && cmake --build --preset tsan && tests/python/ensure_venv.sh && tools/run_tests build/tsan -L threads

# All of each program seen by the compiler at once: types of one name that differ, declarations that do not fit.
lto: packages
	cmake --preset lto && cmake --build --preset lto

# Each driver for a minute, or for SECONDS=N.
fuzz: packages packages-develop
	cmake --preset fuzz && cmake --build --preset fuzz && tools/fuzz build/fuzz $(SECONDS)

tidy: packages packages-develop
	cmake --preset tidy && cmake --build --preset tidy

format: packages-develop
	$(CLANG_FORMAT) -i $(SOURCES)

# PREFIX=DIR: where to, /usr/local otherwise.
install: release
	cmake --build --preset release --target paperkite paperkite_static
	cmake --install build/release $(if $(PREFIX),--prefix $(abspath $(PREFIX)))

models: packages
	tools/make_models

# Three hundred architectures against ONNX Runtime: PART=I/N is the I-th of N parts, ARGS go to tests/zoo/run_zoo.py.
zoo: kite
	tests/zoo/run $(or $(PART),1/1) $(ARGS)

graphs: packages
	tests/models/refresh_graphs

clean:
	rm -rf build
