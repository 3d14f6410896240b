#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the drivers with what ClusterFuzzLite says in $CC, $CXX, $CFLAGS, $CXXFLAGS and $LIB_FUZZING_ENGINE, and puts each with
# its corpus, its dictionary and the libraries that it needs into $OUT.
set -eu
# The system's libraries of C++ are made for the system's own standard library.
export CXXFLAGS="${CXXFLAGS//-stdlib=libc++/}"
# RPATH, not RUNPATH: libraries that only another library needs are found by it, too.
cmake -S . -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DKITE_BUILD_FUZZERS=ON -DCMAKE_UNITY_BUILD=ON \
  -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON -DCMAKE_EXE_LINKER_FLAGS="-Wl,--disable-new-dtags,-rpath,'\$ORIGIN/lib'"
ninja -C "$WORK/build" fuzzers

mkdir -p "$OUT/lib"
for program in "$WORK"/build/bin/*_fuzz; do
  name=$(basename "$program" _fuzz)
  cp "$program" "$OUT/"
  # The image in which they run has none of these.
  ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' |
    xargs -r -I{} cp -L {} "$OUT/lib/"
  corpora=$(sed -n "s/^KITE_FUZZ_DRIVER($name, \"\(.*\)\")/\1/p" fuzz/drivers.inc)
  (cd fuzz/corpora && zip -qr "$OUT/${name}_fuzz_seed_corpus.zip" "$name" $corpora)
  [ ! -f "fuzz/dictionaries/$name.dict" ] || cp "fuzz/dictionaries/$name.dict" "$OUT/${name}_fuzz.dict"
  printf '[libfuzzer]\nmax_len = 10000\ntimeout = 20\nrss_limit_mb = 2048\n' >"$OUT/${name}_fuzz.options"
done
