// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .npy file; what is read must be what is written and read again.
#include "paperkite/npy.h"

#include <cstring>
#include <string>

#include "driver.h"

namespace kite::fuzz {

void npy(Bytes bytes) {
  const auto tensor = read_npy(bytes, "fuzz.npy");
  if (!tensor.ok()) return check_error(tensor.error(), {ErrorCode::kInvalidInput, ErrorCode::kLimit});
  const auto elements = tensor->view().bytes();
  KITE_CHECK(elements.size() <= bytes.size());
  std::string file = npy_header(tensor->type());
  file.append(reinterpret_cast<const char*>(elements.data()), elements.size());
  const auto again = read_npy(std::as_bytes(std::span(file)), "again.npy");
  KITE_CHECK(again.ok() && again->type() == tensor->type());
  KITE_CHECK(elements.empty() || std::memcmp(again->view().data, elements.data(), elements.size()) == 0);
  for (const DType declared : {DType::kInt4, DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    const auto narrow = as_declared(Tensor::copy_of(tensor->view()), declared);
    KITE_CHECK(!narrow.ok() || narrow->shape() == tensor->shape());
  }
}

}  // namespace kite::fuzz
