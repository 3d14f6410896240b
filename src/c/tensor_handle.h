// SPDX-License-Identifier: Apache-2.0
// From the engine's tensors to those of paperkite.h.
#pragma once

#include <cstdint>
#include <memory>

#include "c/handles.h"

namespace kite {

[[nodiscard]] std::int32_t dtype_number(DType dtype) noexcept;
[[nodiscard]] std::unique_ptr<paperkite_tensor> tensor_handle(Tensor tensor);

}  // namespace kite
