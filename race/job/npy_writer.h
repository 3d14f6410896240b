// SPDX-License-Identifier: Apache-2.0
// One .npy file of float32 [N, ...], written item by item; N is known at the end only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

class NpyWriter {
 public:
  // `item`: the dimensions after N.
  [[nodiscard]] static Result<NpyWriter> create(const std::string& path, std::vector<std::int64_t> item);
  // `values`: the elements of one item.
  [[nodiscard]] kite::Status append(std::span<const float> values);
  // Writes the header; without it the file is no .npy.
  [[nodiscard]] kite::Status finish();
  [[nodiscard]] const std::vector<std::int64_t>& item() const { return item_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  std::vector<std::int64_t> item_;
  std::int64_t count_ = 0;
};

}  // namespace kite::race
