// SPDX-License-Identifier: Apache-2.0
// The whole engine as one function of a bound graph: passes, plan, session.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::conformance {

// On the instruction set that KITE_ISA or the machine names, with two threads. One tensor per graph output.
[[nodiscard]] Result<std::vector<Tensor>> run_engine(Graph graph, std::span<const TensorView> inputs);

}  // namespace kite::conformance
