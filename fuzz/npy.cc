// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .npy file, in memory and on disk, whole and by items; what is read must be what is written and read
// again.
#include "paperkite/npy.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

bool is_same(const Tensor& a, const TensorView& b) {
  return a.type() == b.type && std::ranges::equal(a.view().bytes(), b.bytes());
}

// The items of a file that read_npy() reads; an array in Fortran order has none.
void read_items(const std::string& path, const Tensor& whole) {
  const auto reader = NpyReader::open(path);
  if (!reader.ok()) return check_error(reader.error(), {ErrorCode::kInvalidInput});
  KITE_CHECK(reader->type() == whole.type());
  std::vector<std::byte> all(whole.view().bytes().size());
  KITE_CHECK(reader->read(0, reader->items(), all).ok());
  KITE_CHECK(std::ranges::equal(all, whole.view().bytes()));
  KITE_CHECK(!reader->read(1, reader->items(), all).ok());
  const auto floats = reader->read_floats(0, reader->items());
  KITE_CHECK(!floats.ok() || static_cast<std::int64_t>(floats->size()) == whole.shape().elements());
}

void write_again(const TestFolder& folder, const Tensor& tensor) {
  const std::string path = folder / "again.npy";
  KITE_CHECK(write_npy(path, tensor.view()).ok());
  const auto again = read_npy(path);
  KITE_CHECK(again.ok() && is_same(*again, tensor.view()));
  auto writer = NpyWriter::create(path, tensor.type());
  if (!writer.ok()) return check_error(writer.error(), {ErrorCode::kLimit});
  KITE_CHECK(writer->append(tensor.view().bytes()).ok() && writer->finish().ok());
  const auto one = read_npy(path);
  KITE_CHECK(one.ok() && std::ranges::equal(one->view().bytes(), tensor.view().bytes()));
}

}  // namespace

void npy(Bytes bytes) {
  static const TestFolder folder;
  const std::string path = folder.write("fuzz.npy", bytes);
  const auto tensor = read_npy(bytes, "fuzz.npy");
  const auto from_disk = read_npy(path);
  KITE_CHECK(from_disk.ok() == tensor.ok() && (!tensor.ok() || is_same(*from_disk, tensor->view())));
  if (!tensor.ok()) return check_error(tensor.error(), {ErrorCode::kInvalidInput, ErrorCode::kLimit});
  const auto elements = tensor->view().bytes();
  KITE_CHECK(elements.size() <= bytes.size());
  std::string file = npy_header(tensor->type());
  file.append(reinterpret_cast<const char*>(elements.data()), elements.size());
  const auto again = read_npy(std::as_bytes(std::span(file)), "again.npy");
  KITE_CHECK(again.ok() && again->type() == tensor->type());
  KITE_CHECK(elements.empty() || std::memcmp(again->view().data, elements.data(), elements.size()) == 0);
  read_items(path, *tensor);
  write_again(folder, *tensor);
  for (const DType declared : {DType::kInt4, DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    const auto narrow = as_declared(Tensor::copy_of(tensor->view()), declared);
    KITE_CHECK(!narrow.ok() || narrow->shape() == tensor->shape());
  }
}

}  // namespace kite::fuzz
