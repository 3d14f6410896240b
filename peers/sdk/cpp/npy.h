// SPDX-License-Identifier: Apache-2.0
// .npy files of float32 in C order.
#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace contestant {

// A stack [N, C, H, W]; read() fills one buffer, so that the file does not count as the contestant's memory.
class Tensors {
 public:
  explicit Tensors(const std::string& path);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::span<const std::int64_t, 4> shape() const { return shape_; }  // of one: [1, C, H, W]
  void read(std::int64_t index, std::vector<float>& values);

 private:
  std::string path_;
  std::ifstream file_;
  std::int64_t data_at_ = 0;
  std::int64_t count_ = 0;
  std::array<std::int64_t, 4> shape_{};
};

void write_npy(const std::string& path, std::span<const std::int64_t> shape, std::span<const float> values);

}  // namespace contestant
