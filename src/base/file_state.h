// SPDX-License-Identifier: Apache-2.0
// What stat() reports of a file. While that stays the same, the bytes are the same, and need not be read again.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace kite {

struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970; anybody may set it back ...
  std::int64_t changed_ns = 0;   // ... but not this one, which every change of bytes, times or name moves

  friend bool operator==(const FileState&, const FileState&) = default;
};
static_assert(sizeof(FileState) == 40);  // no padding: its bytes are hashed

[[nodiscard]] FileState file_state(const struct stat& info) noexcept;
[[nodiscard]] std::optional<FileState> file_state(const std::string& path) noexcept;  // nullopt: there is no such file

// Of the same file at two times: neither was anything written into it, nor was its time of change set. A new name, or
// new rights, change no bytes.
[[nodiscard]] bool has_same_bytes(const FileState& one, const FileState& other) noexcept;

// False while another change could fall into the same tick of the file system's clock: the state would not show it.
[[nodiscard]] bool is_settled(const FileState& state) noexcept;

// When the system was started, in nanoseconds since 1970.
[[nodiscard]] std::int64_t boot_time_ns() noexcept;

}  // namespace kite
