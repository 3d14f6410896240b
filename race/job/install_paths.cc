// SPDX-License-Identifier: Apache-2.0
// The contestants of the installation, and kite beside this program.
#include "race/job/install_paths.h"

#include "base/installation.h"
#include "paperkite/try.h"

namespace kite::race {

Result<InstallPaths> find_install_paths(const std::string& executable, const std::string& peers_dir) {
  const Installation installation = find_installation(executable);
  KITE_TRY_ASSIGN(const ForeignPrograms peers,
                  find_foreign_programs(installation, "peers", peers_dir, "--peers-dir", "KITE_PEERS_DIR"));
  return InstallPaths{installation.root, peers.folder, peers.homes, installation.bin + "/kite"};
}

}  // namespace kite::race
