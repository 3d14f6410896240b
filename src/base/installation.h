// SPDX-License-Identifier: Apache-2.0
// The project, or the installation, that the running program belongs to.
#pragma once

#include <string>
#include <string_view>

#include "paperkite/error.h"

namespace kite {

struct Installation {
  std::string root;  // the project's folder; of an installation: share/paperkite
  std::string bin;   // the folder of the program
  bool is_installed = false;
};

// /proc/self/exe; kIo where the system does not say.
[[nodiscard]] Result<std::string> own_executable();
// `executable`: absolute path of the program, ROOT/build/<preset>/bin/... or PREFIX/bin/...
[[nodiscard]] Installation find_installation(const std::string& executable);

// Where a family of foreign programs is ("peers", "references"), and where the environments are made that they run in.
struct ForeignPrograms {
  std::string folder;
  std::string homes;  // .<family> beside the folder; in the user's data folder when installed
  [[nodiscard]] bool operator==(const ForeignPrograms&) const = default;
};
// `chosen`: the option of the command line; if it is empty, the environment variable `variable`, or else the folder
// `family` of the root. kUsage where there is no such folder; the remedy names `option` and `variable`.
[[nodiscard]] Result<ForeignPrograms> find_foreign_programs(const Installation& installation, std::string_view family,
                                                            const std::string& chosen, std::string_view option,
                                                            const char* variable);

}  // namespace kite
