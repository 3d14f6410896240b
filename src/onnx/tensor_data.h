// SPDX-License-Identifier: Apache-2.0
// The elements of a TensorProto, checked against its shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::onnx {

// `view` points into the model file or an external file and may be unaligned. It points into `owned` where the file
// holds the elements in another form (float_data, int32_data ...), and where the tensor has no elements.
struct TensorData {
  TensorView view;
  std::optional<Tensor> owned;
};

// kInvalidModel when the data is missing, has another size than the shape or another type than declared, or is given
// twice. kUnsupportedModel for element types outside DType. Counts are compared before anything is allocated.
[[nodiscard]] Result<TensorData> read_tensor(const TensorProto& tensor, ExternalFiles& files);

// The DType of an ONNX element type; kUnsupportedModel, with a remedy, for a type that DType does not have.
[[nodiscard]] Result<DType> to_dtype(std::int32_t data_type);

// The number of an element type by the name that TensorProto.DataType gives it.
[[nodiscard]] std::optional<std::int32_t> data_type_named(std::string_view name) noexcept;

}  // namespace kite::onnx
