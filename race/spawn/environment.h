// SPDX-License-Identifier: Apache-2.0
// The environment of a contestant. It inherits little, so that two races on one machine differ only by their requests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kite::race {

// A variable whose length differs from process to process: the size of the environment moves the stack, and that
// changes the speed (Mytkowicz et al., ASPLOS 2009).
inline constexpr const char* kPaddingVariable = "KITE_RACE_PADDING";

// Our own PATH, HOME, user, language, time zone and TMPDIR. Variables that tune a runtime (OMP_*, MKL_*, OPENBLAS_*,
// ORT_*, PYTHON*, LD_*, MALLOC_*, GLIBC_TUNABLES, ...) are left out: a contestant that needs one sets
// it in its peer.toml.
std::map<std::string, std::string> clean_environment();

// "NAME=value" for the clean environment with `additions`, which replace variables of the same name, and the padding.
std::vector<std::string> child_environment(const std::map<std::string, std::string>& additions, std::int32_t padding);

// The path of `program`, searched as execvp does it: if it contains a slash, itself; otherwise the
// first executable in PATH.
std::optional<std::string> find_program(const std::string& program, const std::string& path);

}  // namespace kite::race
