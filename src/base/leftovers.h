// SPDX-License-Identifier: Apache-2.0
// Files and folders that must not stay when a signal ends the process.
#pragma once

#include <string>

namespace kite {

// While it exists, remove_leftovers() removes what is at the path. Move-only.
class Leftover {
 public:
  enum class Kind : int { kFile, kFolder };
  Leftover() = default;
  // Before the file or the folder is made, or immediately afterwards.
  Leftover(const std::string& path, Kind kind) noexcept;
  Leftover(Leftover&& other) noexcept;
  Leftover& operator=(Leftover&& other) noexcept;
  ~Leftover();

 private:
  int slot_ = -1;  // of the table in which a signal handler finds the path; -1: the path is not in it
};

// For a signal handler that ends the process: calls only functions that are allowed there.
void remove_leftovers() noexcept;
// One folder, down to eight levels below it; needs no memory.
void remove_leftover_folder(const char* path) noexcept;

}  // namespace kite
