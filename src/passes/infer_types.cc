// SPDX-License-Identifier: Apache-2.0
// Infers the type of every value in one forward sweep. Shape arithmetic is computed on the way, so that
// later shapes are concrete.
#include "passes/control/sweep.h"
#include "passes/pass.h"

namespace kite {

Status infer_types(Graph& graph) { return Sweep(graph).run(); }

}  // namespace kite
