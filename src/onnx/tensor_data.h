// SPDX-License-Identifier: Apache-2.0
// The elements of a TensorProto, checked against its shape.
#pragma once

#include <optional>

#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::onnx {

// `view` points into the model file or an external file and may be unaligned, or into `owned` where the file holds the
// elements in another form (float_data, int32_data ...) or none because there are none.
struct TensorData {
  TensorView view;
  std::optional<Tensor> owned;
};

// kInvalidModel when the data is missing, of another size than the shape says, of another type than declared, or given
// twice; kUnsupportedModel for element types outside DType. Counts are compared before anything is allocated.
[[nodiscard]] Result<TensorData> read_tensor(const TensorProto& tensor, ExternalFiles& files);

// Our type for an ONNX element type; kUnsupportedModel with a remedy where there is none.
[[nodiscard]] Result<DType> to_dtype(std::int32_t data_type);

}  // namespace kite::onnx
