// SPDX-License-Identifier: Apache-2.0
// The path of the executable decides: it is ROOT/build/<preset>/bin/kite-race or PREFIX/bin/kite-race.
#include "race/job/install_paths.h"

#include <cstdlib>
#include <filesystem>

namespace kite::race {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string user_data_folder() {
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) return data;
  return variable("HOME") + "/.local/share";
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace

Result<std::string> own_executable() {
  std::error_code failed;
  const fs::path path = fs::read_symlink("/proc/self/exe", failed);
  if (failed)
    return Error{ErrorCode::kIo, "this program's own path is not known: " + failed.message(), "/proc/self/exe",
                 "mount /proc"};
  return path.string();
}

Result<InstallPaths> find_install_paths(const std::string& executable, const std::string& peers_dir) {
  InstallPaths paths;
  const fs::path bin = fs::path(executable).parent_path();
  paths.kite = bin / "kite";
  bool installed = true;
  // Three folders up, or two for a build folder that lies directly in the project.
  for (const fs::path& root : {bin / "../../..", bin / "../.."}) {
    if (!is_folder(root / "peers") || !is_folder(root / "race")) continue;
    paths.root = root.lexically_normal();
    installed = false;
    break;
  }
  if (installed) paths.root = (bin / "../share/paperkite").lexically_normal();
  if (paths.root.ends_with('/')) paths.root.pop_back();

  std::string chosen = peers_dir.empty() ? variable("KITE_PEERS_DIR") : peers_dir;
  const bool elsewhere = !chosen.empty();
  if (!elsewhere) chosen = paths.root + "/peers";
  std::error_code failed;
  paths.peers_dir = fs::absolute(chosen, failed).lexically_normal();
  if (paths.peers_dir.ends_with('/')) paths.peers_dir.pop_back();
  if (!is_folder(paths.peers_dir)) {
    return Error{ErrorCode::kUsage, "there is no folder of contestants", paths.peers_dir,
                 "name it with --peers-dir or KITE_PEERS_DIR"};
  }
  paths.homes_dir = installed && !elsewhere ? user_data_folder() + "/paperkite/peers"
                                            : fs::path(paths.peers_dir).parent_path().string() + "/.peers";
  return paths;
}

}  // namespace kite::race
