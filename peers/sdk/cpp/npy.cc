// SPDX-License-Identifier: Apache-2.0
// The header of a .npy file is a Python dict as text.
#include "npy.h"

#include <cstring>

#include "contestant.h"

namespace contestant {

namespace {

constexpr std::size_t kLongestHeader = 1 << 20;

std::string value_of(const std::string& header, const std::string& key) {
  std::size_t at = header.find("'" + key + "'");
  if (at != std::string::npos) at = header.find(':', at);
  if (at != std::string::npos) at = header.find_first_not_of(' ', at + 1);
  return at == std::string::npos ? "" : header.substr(at);
}

std::vector<std::int64_t> dims_of(const std::string& text) {
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < text.size() && text[i] != ')'; ++i) {
    if (text[i] < '0' || text[i] > '9') continue;
    std::int64_t dim = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (dim > (std::int64_t{1} << 40)) return {};
      dim = dim * 10 + (text[i] - '0');
    }
    dims.push_back(dim);
    --i;
  }
  return dims;
}

}  // namespace

Tensors::Tensors(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  const auto broken = [&path](const std::string& what) {
    return Failure(path + ": " + what + "; save it with numpy.save() as float32 [N, C, H, W]");
  };
  std::array<char, 12> start{};
  if (!file_.read(start.data(), 10) || std::memcmp(start.data(), "\x93NUMPY", 6) != 0) throw broken("not a .npy file");
  const bool long_header = start[6] >= 2;
  if (long_header) file_.read(start.data() + 10, 2);
  std::uint32_t size = 0;
  std::memcpy(&size, start.data() + 8, long_header ? 4 : 2);
  if (size > kLongestHeader) throw broken("its header is too long");
  std::string header(size, ' ');
  if (!file_.read(header.data(), size)) throw broken("its header is cut off");
  data_at_ = (long_header ? 12 : 10) + std::int64_t{size};
  const std::vector<std::int64_t> dims = dims_of(value_of(header, "shape"));
  const bool plain =
      value_of(header, "descr").starts_with("'<f4'") && value_of(header, "fortran_order").starts_with("False");
  if (!plain || dims.size() != 4 || dims[0] < 1 || dims[1] < 1 || dims[2] < 1 || dims[3] < 1)
    throw broken("it holds something else");
  count_ = dims[0];
  shape_ = {1, dims[1], dims[2], dims[3]};
}

void Tensors::read(std::int64_t index, std::vector<float>& values) {
  const auto size_bytes = static_cast<std::streamsize>(shape_[1] * shape_[2] * shape_[3] * std::int64_t{sizeof(float)});
  values.resize(static_cast<std::size_t>(size_bytes) / sizeof(float));
  file_.seekg(data_at_ + index * size_bytes);
  if (!file_.read(reinterpret_cast<char*>(values.data()), size_bytes)) {
    throw Failure(path_ + ": ends within tensor " + std::to_string(index));
  }
}

void write_npy(const std::string& path, std::span<const std::int64_t> shape, std::span<const float> values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const std::int64_t dim : shape) header += std::to_string(dim) + ",";
  header += "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  const auto size = static_cast<std::uint16_t>(header.size());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write("\x93NUMPY\x01\x00", 8).write(reinterpret_cast<const char*>(&size), 2);
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  if (!file.flush()) throw Failure(path + ": cannot be written");
}

}  // namespace contestant
