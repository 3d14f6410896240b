// SPDX-License-Identifier: Apache-2.0
// mkdtemp(3), which finds a free name and takes it in one step.
#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace kite {

namespace {

Error cannot_make(const std::string& above, const std::string& remedy) {
  return {ErrorCode::kIo, std::string("cannot make a temporary folder: ") + std::strerror(errno), above, remedy};
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::create() {
  const std::string remedy = "set TMPDIR to a folder with room";
  std::error_code error;
  const std::filesystem::path above = std::filesystem::temp_directory_path(error);
  if (error) {
    const char* named = std::getenv("TMPDIR");
    return Error{ErrorCode::kIo, "there is no folder for temporary files: " + error.message(),
                 named != nullptr ? named : "/tmp", remedy};
  }
  std::string name = (above / "paperkite-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return cannot_make(above.string(), remedy);
  return TemporaryFolder(std::move(name));
}

Result<TemporaryFolder> TemporaryFolder::create_in(const std::string& above) {
  std::string name = (std::filesystem::path(above) / ".kite-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return cannot_make(above, "check the folder and its permissions");
  return TemporaryFolder(std::move(name));
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace kite
