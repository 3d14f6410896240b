// SPDX-License-Identifier: Apache-2.0
// A SparseTensorProto as the dense tensor that it stands for.
#pragma once

#include "base/budget.h"
#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::onnx {

// kInvalidModel where values, indices and dims contradict each other: the places must ascend, and lie inside the
// tensor. kLimit where the dense tensor has more bytes than the budget has left for constants; the caller charges it.
[[nodiscard]] Result<Tensor> read_sparse(const SparseTensorProto& sparse, ExternalFiles& files, const Budget& budget);

}  // namespace kite::onnx
