// SPDX-License-Identifier: Apache-2.0
// What stands in front of the elements of a .npy file (NumPy enhancement proposal 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

struct NpyHeader {
  TensorType type;
  bool fortran_order = false;
  std::size_t data_at = 0;  // bytes before the first element
};

inline constexpr std::size_t kNpyStartBytes = 12;  // magic, version, length of the text: as many tell where it ends

// How many bytes stand before the elements. `start`: the first kNpyStartBytes of the file, or all that it has. At most
// 64 KiB, which is far beyond what kMaxRank dimensions need.
[[nodiscard]] Result<std::size_t> npy_data_at(std::span<const std::byte> start, const std::string& name);

// `front`: at least npy_data_at() bytes. Also checks that the elements are all of the `file_bytes` that are left.
[[nodiscard]] Result<NpyHeader> parse_npy_header(std::span<const std::byte> front, std::uint64_t file_bytes,
                                                 const std::string& name);

// An Error of a file that is not as it should be.
[[nodiscard]] Error bad_npy(const std::string& name, std::string what);

}  // namespace kite
