// SPDX-License-Identifier: Apache-2.0
// Four plain loops: what an elementwise operator is.
#include "kernels/elementwise/reference.h"

#include <cmath>
#include <cstdint>

namespace kite {
namespace {

double apply(ElementwiseOp op, double a, double b) {
  switch (op) {
    case ElementwiseOp::kActivate: return a;
    case ElementwiseOp::kErf: return std::erf(a);
    case ElementwiseOp::kSqrt: return std::sqrt(a);
    case ElementwiseOp::kAdd: return a + b;
    case ElementwiseOp::kSub: return a - b;
    case ElementwiseOp::kMul: return a * b;
    case ElementwiseOp::kDiv: return a / b;
  }
  return NAN;
}

}  // namespace

std::vector<double> elementwise_reference(const ElementwiseParams& p, const float* a, const float* b) {
  std::vector<double> out;
  for (std::int64_t i = 0; i < p.size[0]; ++i) {
    for (std::int64_t j = 0; j < p.size[1]; ++j) {
      for (std::int64_t k = 0; k < p.size[2]; ++k) {
        for (std::int64_t l = 0; l < p.size[3]; ++l) {
          const std::int64_t from_a = i * p.a_stride[0] + j * p.a_stride[1] + k * p.a_stride[2] + l * p.a_stride[3];
          const std::int64_t from_b = i * p.b_stride[0] + j * p.b_stride[1] + k * p.b_stride[2] + l * p.b_stride[3];
          out.push_back(apply(p.op, a[from_a], b == nullptr ? 0.0 : b[from_b]));
        }
      }
    }
  }
  return out;
}

}  // namespace kite
