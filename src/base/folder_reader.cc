// SPDX-License-Identifier: Apache-2.0
// opendir(3) and readdir(3).
#include "base/folder_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/leftovers.h"

namespace kite {

FolderReader::FolderReader(const std::string& folder) : start_(folder) {
  if (!start_.empty() && !start_.ends_with('/')) start_ += '/';
  stream_ = ::opendir(folder.empty() ? "." : folder.c_str());
  if (stream_ == nullptr) failure_ = errno;
}

Error FolderReader::error(std::string what, std::string where, std::string remedy) const {
  const bool is_shortage = failure_ == ENOMEM || failure_ == EMFILE || failure_ == ENFILE;
  if (is_shortage) remedy = "allow more memory and open files";
  return {is_shortage ? ErrorCode::kLimit : ErrorCode::kIo, std::move(what) + std::strerror(failure_), std::move(where),
          std::move(remedy)};
}

FolderReader::~FolderReader() {
  if (stream_ != nullptr) ::closedir(static_cast<DIR*>(stream_));
}

bool FolderReader::next() {
  while (stream_ != nullptr && failure_ == 0) {
    errno = 0;
    const dirent* const entry = ::readdir(static_cast<DIR*>(stream_));
    if (entry == nullptr) {
      failure_ = errno;
      return false;
    }
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    name_ = name;
    path_ = start_;
    path_ += name;
    type_ = entry->d_type;
    return true;
  }
  return false;
}

bool FolderReader::is_link() const noexcept {
  if (type_ != DT_UNKNOWN) return type_ == DT_LNK;
  struct stat info{};
  return ::lstat(path_.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

bool FolderReader::has_kind(mode_t kind, int type) const noexcept {
  if (type_ != DT_UNKNOWN && type_ != DT_LNK) return type_ == type;
  struct stat info{};
  return ::stat(path_.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == kind;
}

bool FolderReader::is_folder() const noexcept { return has_kind(S_IFDIR, DT_DIR); }
bool FolderReader::is_regular_file() const noexcept { return has_kind(S_IFREG, DT_REG); }

void remove_folder(const std::string& folder) noexcept {
  try {
    std::vector<std::string> folders = {folder};
    for (std::size_t i = 0; i < folders.size(); ++i) {
      for (FolderReader reader(folders[i]); reader.next();) {
        if (reader.is_folder() && !reader.is_link()) {
          folders.push_back(reader.path());
        } else {
          ::unlink(reader.path().c_str());
        }
      }
    }
    for (; !folders.empty(); folders.pop_back()) ::rmdir(folders.back().c_str());
  } catch (const std::bad_alloc&) {
    remove_leftover_folder(folder.c_str());
  }
}

}  // namespace kite
