// SPDX-License-Identifier: Apache-2.0
// Paths of the project, or of the installation, that this program belongs to.
#pragma once

#include <string>

#include "paperkite/error.h"

namespace kite::race {

struct InstallPaths {
  std::string root;       // of the project (models/, tools/, build/); of an installation: share/paperkite
  std::string peers_dir;  // contestants' folders
  std::string homes_dir;  // for what setup makes: .peers beside peers_dir, or the user's data folder when installed
  std::string kite;       // the kite program beside this one

  [[nodiscard]] std::string home(const std::string& peer) const { return homes_dir + "/" + peer; }
};

// `executable`: absolute path of this program. `peers_dir`: the option of the command line; if it is empty,
// KITE_PEERS_DIR, or else the folder `peers` of the root.
[[nodiscard]] Result<InstallPaths> find_install_paths(const std::string& executable, const std::string& peers_dir);

}  // namespace kite::race
