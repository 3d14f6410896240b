// SPDX-License-Identifier: Apache-2.0
// A file that is still being written, under a temporary name until it is complete.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "base/leftovers.h"
#include "paperkite/error.h"

namespace kite {

// Move-only. Without rename_to() the file is removed with the object. When the process is killed the file stays, and
// any later process may call remove_if_abandoned().
class UnfinishedFile {
 public:
  // Creates a file that did not exist, named by `start` and 64 random bits: no existing file is touched, and no link is
  // followed. `mode` as for open(2). kIo where the file cannot be made.
  [[nodiscard]] static Result<UnfinishedFile> create(const std::string& start, mode_t mode);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  ~UnfinishedFile();

  [[nodiscard]] int fd() const noexcept { return fd_; }  // for reading and writing
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Closes the file and gives it its final name; a file that has this name is replaced. Returns errno, or 0 for
  // success. After a failure the file is removed.
  [[nodiscard]] int rename_to(const std::string& target) noexcept;

 private:
  explicit UnfinishedFile(std::string path) : path_(std::move(path)), leftover_(path_, Leftover::Kind::kFile) {}
  std::string path_;
  int fd_ = -1;
  Leftover leftover_;
};

// Removes an unfinished file whose writer was killed. True when it is gone.
bool remove_if_abandoned(const std::string& path) noexcept;

}  // namespace kite
