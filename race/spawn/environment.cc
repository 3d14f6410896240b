// SPDX-License-Identifier: Apache-2.0
// The short list of inherited variables, and the search in PATH.
#include "race/spawn/environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

extern char** environ;

namespace kite::race {
namespace {

constexpr std::array<std::string_view, 8> kKept = {"PATH", "HOME",     "USER", "LOGNAME",
                                                   "LANG", "LANGUAGE", "TZ",   "TMPDIR"};

bool is_kept(std::string_view name) {
  for (const std::string_view kept : kKept) {
    if (name == kept) return true;
  }
  return name.starts_with("LC_");
}

bool is_executable_file(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::map<std::string, std::string> clean_environment() {
  std::map<std::string, std::string> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_kept(text.substr(0, equals))) continue;
    kept.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  kept.emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  return kept;
}

std::vector<std::string> child_environment(const std::map<std::string, std::string>& additions, std::int32_t padding) {
  std::map<std::string, std::string> all = clean_environment();
  for (const auto& [name, value] : additions) all[name] = value;
  all[kPaddingVariable] = std::string(static_cast<std::size_t>(padding < 0 ? 0 : padding), 'x');
  std::vector<std::string> entries;
  entries.reserve(all.size());
  for (const auto& [name, value] : all) entries.push_back(name + "=" + value);
  return entries;
}

std::optional<std::string> find_program(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return program;
  std::string_view rest = path;
  while (!program.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    std::string candidate = folder.empty() ? "." : std::string(folder);
    candidate += "/" + program;
    if (is_executable_file(candidate)) return candidate;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

}  // namespace kite::race
