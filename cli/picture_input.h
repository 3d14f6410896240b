// SPDX-License-Identifier: Apache-2.0
// The input tensor that a picture gives for a model, for the verbs that time inference.
#pragma once

#include <string>

#include "paperkite/classifier.h"

namespace kite::cli {

// The tensor that `kite classify` would pass to the model at `model_path`.
[[nodiscard]] Result<Tensor> picture_input(const std::string& model_path, const ModelOptions& options,
                                           const std::string& image_path);

}  // namespace kite::cli
