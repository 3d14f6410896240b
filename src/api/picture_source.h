// SPDX-License-Identifier: Apache-2.0
// What a model itself says about the picture that it takes.
#pragma once

#include "carriers/interpretation.h"
#include "paperkite/error.h"
#include "paperkite/model.h"

namespace kite {

// Fills the input's type and shape and what the graph's first nodes do to it. kUnsupportedModel where the model takes
// more than one tensor.
[[nodiscard]] Status describe_picture(const Model& model, InterpretationSources& sources);

}  // namespace kite
