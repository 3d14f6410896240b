// SPDX-License-Identifier: Apache-2.0
// What a contestant inherits: little, so that two races on one machine differ by what the request says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kite::race {

// Its length varies from process to process: the position of the stack, and with it speed, depends on the size of the
// environment (Mytkowicz et al., ASPLOS 2009).
inline constexpr const char* kPaddingVariable = "KITE_RACE_PADDING";

// PATH, HOME, user, language, time zone and TMPDIR of ours. Whatever tunes a runtime (OMP_*, MKL_*, OPENBLAS_*, ORT_*,
// PYTHON*, LD_*, MALLOC_*, GLIBC_TUNABLES, ...) is left out: a contestant that wants it says so in its peer.toml.
std::map<std::string, std::string> clean_environment();

// "NAME=value" of the clean environment, `additions` over it, and the padding.
std::vector<std::string> child_environment(const std::map<std::string, std::string>& additions, std::int32_t padding);

// Where `program` is, as execvp would look: itself with a slash in it, else the first executable in PATH.
std::optional<std::string> find_program(const std::string& program, const std::string& path);

}  // namespace kite::race
