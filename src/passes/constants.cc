// SPDX-License-Identifier: Apache-2.0
// Constants as doubles, as views and permuted.
#include "passes/constants.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "paperkite/try.h"

namespace kite {

bool may_copy(const Graph& graph, std::int64_t bytes) { return bytes <= graph.budget().constant_bytes; }

std::vector<double> read_doubles(const TensorView& view) {
  std::vector<double> values(static_cast<std::size_t>(view.type.shape.elements()));
  if (view.type.dtype == DType::kFloat64) {
    if (!values.empty()) std::memcpy(values.data(), view.data, values.size() * sizeof(double));
    return values;
  }
  KITE_CHECK(view.type.dtype == DType::kFloat32);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float element = 0;
    std::memcpy(&element, view.data + i * sizeof element, sizeof element);
    values[i] = static_cast<double>(element);
  }
  return values;
}

ValueId add_float_constant(Graph& graph, std::string name, DType dtype, const Shape& shape,
                           std::span<const double> values) {
  KITE_CHECK(shape.elements() == static_cast<std::int64_t>(values.size()));
  Tensor tensor(dtype, shape);
  if (dtype == DType::kFloat64) {
    std::ranges::copy(values, tensor.as<double>());
  } else {
    KITE_CHECK(dtype == DType::kFloat32);
    std::ranges::transform(values, tensor.as<float>(), [](double value) { return static_cast<float>(value); });
  }
  return graph.add_constant(std::move(name), std::move(tensor));
}

namespace {

// Scales without an intermediate copy: all weights of a network pass through here when batch norms are folded.
template <typename T>
void scale_elements(const std::byte* in, T* out, std::size_t rows, std::size_t columns, std::span<const double> factors,
                    Factors which) {
  for (std::size_t r = 0; r < rows; ++r, in += columns * sizeof(T), out += columns) {
    if (columns != 0) std::memcpy(out, in, columns * sizeof(T));  // it may lie unaligned
    for (std::size_t c = 0; c < columns; ++c) {
      out[c] = static_cast<T>(static_cast<double>(out[c]) * factors[which == Factors::kOfRows ? r : c]);
    }
  }
}

}  // namespace

ValueId add_scaled_constant(Graph& graph, std::string name, const TensorView& view, std::span<const double> factors,
                            Factors which) {
  const auto elements = static_cast<std::size_t>(view.type.shape.elements());
  const std::size_t rows =
      which == Factors::kOfRows ? factors.size() : elements / std::max<std::size_t>(factors.size(), 1);
  const std::size_t columns = rows == 0 ? 0 : elements / rows;
  KITE_CHECK(rows * columns == elements && (which == Factors::kOfRows || columns == factors.size() || elements == 0));
  Tensor tensor(view.type);
  if (view.type.dtype == DType::kFloat64) {
    scale_elements(view.data, tensor.as<double>(), rows, columns, factors, which);
  } else {
    KITE_CHECK(view.type.dtype == DType::kFloat32);
    scale_elements(view.data, tensor.as<float>(), rows, columns, factors, which);
  }
  return graph.add_constant(std::move(name), std::move(tensor));
}

ValueId add_int_constant(Graph& graph, std::string name, std::span<const std::int64_t> values) {
  Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
  std::ranges::copy(values, tensor.as<std::int64_t>());
  return graph.add_constant(std::move(name), std::move(tensor));
}

ValueId constant_as(Graph& graph, ValueId id, const Shape& shape) {
  TensorView view = *graph.value(id).constant;
  if (view.type.shape == shape) return id;
  KITE_CHECK(view.type.shape.elements() == shape.elements());
  view.type.shape = shape;
  return graph.add_constant_view(graph.value(id).name, view);
}

Tensor permuted(const TensorView& in, std::span<const int> perm) {
  const int rank = in.type.shape.rank();
  std::array<std::int64_t, kMaxRank> in_stride{};
  std::int64_t stride = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    in_stride[static_cast<std::size_t>(axis)] = stride;
    stride *= in.type.shape[axis];
  }
  std::array<std::int64_t, kMaxRank> dims{};
  std::array<std::int64_t, kMaxRank> step{};
  for (int axis = 0; axis < rank; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    dims[a] = in.type.shape[perm[a]];
    step[a] = in_stride[static_cast<std::size_t>(perm[a])];
  }
  auto shape = Shape::make(std::span(dims).first(static_cast<std::size_t>(rank)));
  KITE_CHECK(shape.ok());

  Tensor out(in.type.dtype, *shape);
  const auto size = static_cast<std::int64_t>(dtype_size(in.type.dtype));
  std::array<std::int64_t, kMaxRank> index{};
  std::int64_t from = 0;
  for (std::int64_t to = 0; to < shape->elements(); ++to) {
    std::memcpy(out.as<std::byte>() + to * size, in.data + from * size, static_cast<std::size_t>(size));
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      from += step[a];
      if (++index[a] < dims[a]) break;
      from -= step[a] * dims[a];
      index[a] = 0;
    }
  }
  return out;
}

}  // namespace kite
