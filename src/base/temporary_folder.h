// SPDX-License-Identifier: Apache-2.0
// A folder for what one process needs for a while.
#pragma once

#include <string>
#include <utility>

#include "base/leftovers.h"
#include "paperkite/error.h"

namespace kite {

// Owns a folder that only this user may enter, and removes it with everything in it. No two folders have the same name,
// even when different processes make them. Move-only.
class TemporaryFolder {
 public:
  // In the system's temporary folder (TMPDIR, else /tmp). kIo where it cannot be made.
  [[nodiscard]] static Result<TemporaryFolder> create();
  // Hidden, in the folder `above`, for files that will be renamed into it or below it.
  [[nodiscard]] static Result<TemporaryFolder> create_in(const std::string& above);
  TemporaryFolder(TemporaryFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), leftover_(std::move(other.leftover_)) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  // remove_leftovers() then leaves it.
  void keep_after_signals() noexcept { leftover_ = Leftover(); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // without a slash at its end

 private:
  static Result<TemporaryFolder> create_named(const std::string& start, const std::string& above,
                                              const std::string& remedy);
  explicit TemporaryFolder(std::string path) : path_(std::move(path)), leftover_(path_, Leftover::Kind::kFolder) {}
  std::string path_;  // empty: moved away
  Leftover leftover_;
};

}  // namespace kite
