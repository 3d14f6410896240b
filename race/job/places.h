// SPDX-License-Identifier: Apache-2.0
// Where things lie: the project or the installation that this program belongs to.
#pragma once

#include <string>

#include "paperkite/error.h"

namespace kite::race {

struct Places {
  std::string root;       // of the project (models/, tools/, build/); of an installation: share/paperkite
  std::string peers_dir;  // contestants' folders
  std::string homes_dir;  // what setup makes: .peers beside peers_dir, or the user's data folder when installed
  std::string kite;       // the kite program beside this one

  [[nodiscard]] std::string home(const std::string& peer) const { return homes_dir + "/" + peer; }
};

// `executable`: this program, absolute. `peers_dir`: of the command line; empty: KITE_PEERS_DIR, else beside the root.
[[nodiscard]] Result<Places> find_places(const std::string& executable, const std::string& peers_dir);

// /proc/self/exe; kIo where the system does not say.
[[nodiscard]] Result<std::string> own_executable();

}  // namespace kite::race
