// SPDX-License-Identifier: Apache-2.0
// QGemm: y = alpha * a_scale * b_scale[n] * (sum over k of (a[m,k] - a_zero) * (b[k,n] - b_zero[n]) + c[m,n]) with a
// and b transposed on demand, in float32, or where y has a scale rounded to its 8 bits.
#include <array>
#include <cstdint>
#include <string>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/integer_product.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Inputs: a, its scale and zero point, b, the same, c, y's scale and zero point.
constexpr int kA = 0;
constexpr int kB = 3;
constexpr int kC = 6;
constexpr int kYScale = 7;

struct Sizes {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
  std::int64_t b_depth = 0;
  bool a_turned = false;
  bool b_turned = false;
};

Sizes sizes_of(const Attributes& attributes, const Shape& a, const Shape& b) {
  Sizes sizes;
  sizes.a_turned = attributes.get_int("transA", 0) != 0;
  sizes.b_turned = attributes.get_int("transB", 0) != 0;
  sizes.rows = a[sizes.a_turned ? 1 : 0];
  sizes.depth = a[sizes.a_turned ? 0 : 1];
  sizes.b_depth = b[sizes.b_turned ? 1 : 0];
  sizes.columns = b[sizes.b_turned ? 0 : 1];
  return sizes;
}

Status check_c(const InferContext& context, const Shape& y) {
  if (!context.has_input(kC)) return {};
  if (context.input(kC).dtype != DType::kInt32) return context.invalid("input C must be int32");
  const auto shape = broadcast_shapes(y, context.shape(kC));
  if (shape.ok() && *shape == y) return {};
  return context.invalid("input C " + context.shape(kC).to_string() + " does not spread to " + y.to_string());
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(6, 9));
  KITE_TRY(require_dtype(context, kA, QuantizedTypes{}));
  KITE_TRY(require_dtype(context, kB, QuantizedTypes{}));
  KITE_TRY(context.get_int("transA", 0));
  KITE_TRY(context.get_int("transB", 0));
  KITE_TRY(context.get_float("alpha", 1.0F));
  const Shape& a = context.shape(kA);
  const Shape& b = context.shape(kB);
  const std::string shapes = a.to_string() + " and " + b.to_string();
  if (a.rank() != 2 || b.rank() != 2) return context.invalid("inputs are " + shapes + ", expected matrices");
  const Sizes sizes = sizes_of(context.attributes(), a, b);
  if (sizes.depth != sizes.b_depth) return context.invalid("inputs " + shapes + " do not multiply");
  context.set_products(sizes.depth);
  KITE_TRY(require_scale(context, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(kA).dtype));
  KITE_TRY(require_scale(context, 4, sizes.columns));
  KITE_TRY(require_zero_point(context, 5, context.input(kB).dtype, sizes.columns));
  KITE_TRY(context.require_same_dtype(1, 4));
  const std::array<std::int64_t, 2> dims{sizes.rows, sizes.columns};
  KITE_TRY_ASSIGN(const Shape y, Shape::make(dims));
  KITE_TRY(check_c(context, y));
  if (!context.has_input(kYScale)) return context.set_output(0, TensorType{context.input(1).dtype, y});
  KITE_TRY(require_scale(context, kYScale));
  KITE_TRY(context.require_same_dtype(1, kYScale));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, kYScale + 1));
  return context.set_output(0, TensorType{dtype, y});
}

// c(m, n), spread to the rows and columns of y; 0 where it is left out.
class Addend {
 public:
  explicit Addend(const ComputeContext& context) {
    if (!context.has_input(kC)) return;
    const Shape& shape = context.inputs[kC].type.shape;
    data_ = context.inputs[kC].as<std::int32_t>();
    const int rank = shape.rank();
    column_step_ = rank > 0 && shape[rank - 1] != 1 ? 1 : 0;
    row_step_ = rank > 1 && shape[0] != 1 ? shape[1] : 0;
  }
  [[nodiscard]] std::int32_t operator()(std::int64_t m, std::int64_t n) const noexcept {
    return data_ == nullptr ? 0 : data_[m * row_step_ + n * column_step_];
  }

 private:
  const std::int32_t* data_ = nullptr;
  std::int64_t row_step_ = 0;
  std::int64_t column_step_ = 0;
};

template <typename Store>
void multiply(const ComputeContext& context, Store store) {
  const TensorView& a = context.inputs[kA];
  const TensorView& b = context.inputs[kB];
  const Sizes sizes = sizes_of(context.attributes, a.type.shape, b.type.shape);
  const std::int32_t a_zero = ZeroPoints(context, 2)[0];
  const ZeroPoints b_zeros(context, 5);
  const Addend c(context);
  integer_product(
      ProductTiles(sizes.rows, sizes.columns, context.share), sizes.depth,
      [&](std::int64_t m, std::int64_t k) {
        return quantized_at(a, sizes.a_turned ? k * sizes.rows + m : m * sizes.depth + k) - a_zero;
      },
      [&](std::int64_t k, std::int64_t n, std::int64_t count, std::int32_t* out) {
        for (std::int64_t j = n; j < n + count; ++j) {
          *out++ = quantized_at(b, sizes.b_turned ? j * sizes.depth + k : k * sizes.columns + j) - b_zeros[j];
        }
      },
      [&](std::int64_t m, std::int64_t n, std::int32_t sum) {
        store(m * sizes.columns + n, n, std::int64_t{sum} + c(m, n));
      });
}

Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[1].type.dtype, [&]<typename T>() -> Status {
    const T a_scale = Scales<T>(context.inputs[1])[0] * static_cast<T>(context.attributes.get_float("alpha", 1.0F));
    const Scales<T> b_scales(context.inputs[4]);
    if (!context.has_input(kYScale)) {
      T* y = context.outputs[0].as<T>();
      multiply(context, [&](std::int64_t i, std::int64_t n, std::int64_t sum) {
        y[i] = static_cast<T>(sum) * (a_scale * b_scales[n]);
      });
      return {};
    }
    const QuantizedResult<T> y(context, kYScale, kYScale + 1);
    multiply(context, [&](std::int64_t i, std::int64_t n, std::int64_t sum) {
      y.store(i, static_cast<T>(sum) * (a_scale * b_scales[n] / y.scale));
    });
    return {};
  });
}

}  // namespace

extern const Operator kQGemmOperator{"com.microsoft",  "QGemm", 1,       1,
                                     "float32 scales", infer,   compute, Sharing::kShared};

}  // namespace kite
