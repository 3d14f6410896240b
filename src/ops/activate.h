// SPDX-License-Identifier: Apache-2.0
// The activation that passes put into the internal operators, as attributes activation, activation_a, activation_b.
#pragma once

#include "graph/attributes.h"
#include "ops/op.h"
#include "paperkite/error.h"
#include "tensor/activation_names.h"

namespace kite {

// y = f(x), in float64.
class ActivationFunction {
 public:
  // Identity where the attribute is absent; an unknown name counts as absent: check_activation() has refused it.
  explicit ActivationFunction(const Attributes& attributes);

  [[nodiscard]] double operator()(double x) const { return formula_(x, a_, b_); }

 private:
  ActivationFormula formula_;
  double a_, b_;
};

// For infer(): the name is known and the parameters are floats.
[[nodiscard]] Status check_activation(const InferContext& context);

}  // namespace kite
