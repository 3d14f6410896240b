// SPDX-License-Identifier: Apache-2.0
// mkdir(2), which takes a free name or fails. (mkdtemp(3) would tell the name too late: a signal that comes before it
// is among the leftovers would leave the folder.)
#include "base/temporary_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/folder_reader.h"
#include "base/random_name.h"

namespace kite {

Result<TemporaryFolder> TemporaryFolder::create() {
  const std::string remedy = "set TMPDIR to a folder with room";
  std::error_code error;
  const std::filesystem::path above = std::filesystem::temp_directory_path(error);
  if (error) {
    const char* named = std::getenv("TMPDIR");
    return Error{ErrorCode::kIo, "there is no folder for temporary files: " + error.message(),
                 named != nullptr ? named : "/tmp", remedy};
  }
  return create_named((above / "paperkite-").string(), above.string(), remedy);
}

Result<TemporaryFolder> TemporaryFolder::create_in(const std::string& above) {
  return create_named((std::filesystem::path(above) / ".kite-").string(), above,
                      "check the folder and its permissions");
}

Result<TemporaryFolder> TemporaryFolder::create_named(const std::string& start, const std::string& above,
                                                      const std::string& remedy) {
  for (;;) {
    TemporaryFolder folder(start + random_digits());
    if (::mkdir(folder.path_.c_str(), 0700) == 0) return folder;
    const int code = errno;
    folder.path_.clear();  // it is not ours
    folder.leftover_ = Leftover();
    if (code == EEXIST) continue;
    return Error{ErrorCode::kIo, std::string("cannot make a temporary folder: ") + std::strerror(code), above, remedy};
  }
}

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty()) remove_folder(path_);
}

}  // namespace kite
