// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .npy file; what is read must be what is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "paperkite/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tensor = kite::read_npy(std::as_bytes(std::span(data, size)), "fuzz.npy");
  if (!tensor.ok()) {
    const kite::ErrorCode code = tensor.error().code;
    if (code != kite::ErrorCode::kInvalidInput && code != kite::ErrorCode::kLimit) std::abort();
    return 0;
  }
  const auto elements = tensor->view().bytes();
  if (elements.size() > size) std::abort();
  std::string file = kite::npy_header(tensor->type());
  file.append(reinterpret_cast<const char*>(elements.data()), elements.size());
  const auto again = kite::read_npy(std::as_bytes(std::span(file)), "again.npy");
  if (!again.ok() || again->type() != tensor->type()) std::abort();
  if (!elements.empty() && std::memcmp(again->view().data, elements.data(), elements.size()) != 0) std::abort();
  return 0;
}
