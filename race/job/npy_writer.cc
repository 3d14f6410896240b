// SPDX-License-Identifier: Apache-2.0
// NumPy enhancement proposal 1, version 1.0: magic, length, a Python dict as text padded to 128 bytes, raw elements.
#include "race/job/npy_writer.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

namespace kite::race {

namespace {

static_assert(std::endian::native == std::endian::little, "the header says little-endian");
constexpr std::size_t kHeader = 128;  // bytes before the elements; room for 8 dimensions of 12 digits

Error write_error(const std::string& path) {
  return Error{ErrorCode::kIo, std::string("cannot write: ") + std::strerror(errno), path, "check the free space"};
}

}  // namespace

Result<NpyWriter> NpyWriter::create(const std::string& path, std::vector<std::int64_t> item) {
  NpyWriter writer;
  writer.path_ = path;
  writer.item_ = std::move(item);
  writer.file_.reset(std::fopen(path.c_str(), "wb"));
  constexpr std::array<char, kHeader> kRoom{};
  if (writer.file_ == nullptr || std::fwrite(kRoom.data(), 1, kHeader, writer.file_.get()) != kHeader)
    return write_error(path);
  return writer;
}

kite::Status NpyWriter::append(std::span<const float> values) {
  if (std::fwrite(values.data(), sizeof(float), values.size(), file_.get()) != values.size()) return write_error(path_);
  ++count_;
  return {};
}

kite::Status NpyWriter::finish() {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(count_) + ",";
  for (const std::int64_t dim : item_) header += " " + std::to_string(dim) + ",";
  header += "), }";
  if (header.size() + 11 > kHeader) return Error{ErrorCode::kLimit, "too many dimensions", path_, {}};
  header.resize(kHeader - 11, ' ');
  header += '\n';
  const std::string front = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(kHeader - 10) + '\0' + header;
  std::FILE* file = file_.get();
  if (std::fseek(file, 0, SEEK_SET) != 0 || std::fwrite(front.data(), 1, front.size(), file) != front.size() ||
      std::fflush(file) != 0) {
    return write_error(path_);
  }
  return {};
}

}  // namespace kite::race
