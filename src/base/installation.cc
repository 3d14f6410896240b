// SPDX-License-Identifier: Apache-2.0
// The path of the executable decides: it is ROOT/build/<preset>/bin/kite or PREFIX/bin/kite.
#include "base/installation.h"

#include <cstdlib>
#include <filesystem>

namespace kite {

namespace {

namespace fs = std::filesystem;

std::string variable_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string user_data_folder() {
  if (const std::string data = variable_text("XDG_DATA_HOME"); data.starts_with('/')) return data;
  return variable_text("HOME") + "/.local/share";
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::string without_slash(std::string path) {
  if (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<std::string> own_executable() {
  std::error_code failed;
  const fs::path path = fs::read_symlink("/proc/self/exe", failed);
  if (failed) {
    return Error{ErrorCode::kIo, "this program's own path is not known: " + failed.message(), "/proc/self/exe",
                 "mount /proc"};
  }
  return path.string();
}

Installation find_installation(const std::string& executable) {
  Installation installation;
  const fs::path bin = fs::path(executable).parent_path();
  installation.bin = bin;
  // Three folders up, or two for a build folder that lies directly in the project.
  for (const fs::path& root : {bin / "../../..", bin / "../.."}) {
    if (!is_folder(root / "peers") || !is_folder(root / "race")) continue;
    installation.root = without_slash(root.lexically_normal());
    return installation;
  }
  installation.is_installed = true;
  installation.root = without_slash((bin / "../share/paperkite").lexically_normal());
  return installation;
}

Result<ForeignPrograms> find_foreign_programs(const Installation& installation, std::string_view family,
                                              const std::string& chosen, std::string_view option,
                                              const char* variable) {
  ForeignPrograms programs;
  std::string folder = chosen.empty() ? variable_text(variable) : chosen;
  const bool is_elsewhere = !folder.empty();
  if (!is_elsewhere) folder = installation.root + "/" + std::string(family);
  std::error_code failed;
  programs.folder = without_slash(fs::absolute(folder, failed).lexically_normal());
  if (!is_folder(programs.folder)) {
    return Error{ErrorCode::kUsage, "there is no folder of " + std::string(family), programs.folder,
                 "name it with " + std::string(option) + " or " + variable};
  }
  programs.homes = installation.is_installed && !is_elsewhere
                       ? user_data_folder() + "/paperkite/" + std::string(family)
                       : fs::path(programs.folder).parent_path().string() + "/." + std::string(family);
  return programs;
}

}  // namespace kite
