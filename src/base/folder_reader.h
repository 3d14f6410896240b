// SPDX-License-Identifier: Apache-2.0
// The entries of a folder, one after another.
#pragma once

#include <sys/types.h>

#include <string>

#include "paperkite/error.h"

namespace kite {

// In place of std::filesystem::directory_iterator, which calls std::terminate() when memory is refused while it goes
// on. The order is the file system's. Not movable.
class FolderReader {
 public:
  // "" is the current folder.
  explicit FolderReader(const std::string& folder);
  FolderReader(const FolderReader&) = delete;
  FolderReader& operator=(const FolderReader&) = delete;
  ~FolderReader();

  // Goes to the next entry, without "." and ".."; false behind the last one, and after a failure.
  [[nodiscard]] bool next();
  // errno of what could not be read; 0 where everything was.
  [[nodiscard]] int failure() const noexcept { return failure_; }
  // The error that says so; the system's text follows `what`. kLimit for want of memory or of descriptors, else kIo.
  [[nodiscard]] Error error(std::string what, std::string where, std::string remedy) const;

  // Of the entry.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }  // the folder's, as it was given, and the name
  [[nodiscard]] bool is_link() const noexcept;
  // False, too, where the entry cannot be examined. A link is what it leads to.
  [[nodiscard]] bool is_folder() const noexcept;
  [[nodiscard]] bool is_regular_file() const noexcept;

 private:
  [[nodiscard]] bool has_kind(mode_t kind, int type) const noexcept;
  void* stream_ = nullptr;  // DIR
  int failure_ = 0;
  std::string start_;  // of each path
  std::string name_;
  std::string path_;
  int type_ = 0;  // DT_*, for the cost of a stat()
};

// Removes a folder and all that is in it, as far as the system allows.
void remove_folder(const std::string& folder) noexcept;

}  // namespace kite
