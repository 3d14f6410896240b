// SPDX-License-Identifier: Apache-2.0
// The oracle of the kernel tests: a call as one node (ops/op_case.h), computed in double by the operator's portable
// implementation.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/op_case.h"
#include "paperkite/tensor.h"

namespace kite {

// Floats as an operand in double.
inline Tensor in_double(const Shape& shape, const float* values) {
  Tensor tensor(DType::kFloat64, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) tensor.as<double>()[i] = values[i];
  return tensor;
}
inline Tensor in_double(const Shape& shape, const std::vector<float>& values) {
  EXPECT_EQ(shape.elements(), static_cast<std::int64_t>(values.size()));
  return in_double(shape, values.data());
}

inline std::vector<double> values_of(const Tensor& tensor) {
  return {tensor.as<double>(), tensor.as<double>() + tensor.shape().elements()};
}

// The first output; empty where the operator refuses the node, which is a failure.
inline std::vector<double> oracle(OpCase& op) {
  const auto outputs = op.run();
  if (outputs.ok()) return values_of(outputs->front());
  ADD_FAILURE() << outputs.error().message();
  return {};
}

// Operands without their signs: of a sum, an oracle then gives the sum of magnitudes that bounds a kernel's error.
inline std::vector<float> magnitudes(std::vector<float> values) {
  for (float& value : values) value = std::fabs(value);
  return values;
}

// y[i] is want[i], or no further from it than bound(i).
template <typename Bound>
void expect_close(const std::vector<float>& y, const std::vector<double>& want, const std::string& call, Bound bound) {
  ASSERT_EQ(y.size(), want.size()) << call;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == want[i]) continue;
    ASSERT_LE(std::fabs(y[i] - want[i]), bound(i)) << call << " at " << i << ": " << y[i] << ", want " << want[i];
  }
}

}  // namespace kite
