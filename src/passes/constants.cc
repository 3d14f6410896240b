// SPDX-License-Identifier: Apache-2.0
// Constants as doubles, as views and permuted.
#include "passes/constants.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "ops/op.h"
#include "paperkite/try.h"
#include "passes/forms.h"
#include "passes/match.h"

namespace kite {

bool may_copy(const Graph& graph, std::int64_t bytes) { return bytes <= graph.budget().left(Limit::kConstantBytes); }

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

bool is_8_bit_or_less(DType dtype) {
  return dtype == DType::kUInt8 || dtype == DType::kInt8 || dtype == DType::kUInt4 || dtype == DType::kInt4 ||
         dtype == DType::kUInt2 || dtype == DType::kInt2;
}

// Whether the elements under one index of `axis` are the same in both shapes, which have as many elements.
bool keeps_axes(const Shape& from, const Shape& to, int axis) {
  for (int i = 0; i <= axis; ++i) {
    if (i >= to.rank() || from[i] != to[i]) return false;
  }
  return true;
}

// `count` numbers out of one, or out of as many.
Tensor repeated(const TensorView& view, std::int64_t count) {
  Tensor tensor(view.type.dtype, Shape{count});
  const std::size_t size = dtype_size(view.type.dtype);
  const std::size_t step = view.type.shape.elements() == 1 ? 0 : size;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::memcpy(tensor.as<std::byte>() + i * size, view.data + i * step, size);
  }
  return tensor;
}

// The constant's dequantisation with scales times the factors; null where it has none, or scales that lie elsewhere.
std::shared_ptr<const Dequantisation> scaled_dequantisation(Graph& graph, ValueId id, std::span<const double> factors,
                                                            Factors which) {
  const Dequantisation* const from = graph.value(id).dequantised.get();
  const int axis = which == Factors::kOfRows ? 0 : 1;
  if (from == nullptr || (from->block == 0 ? from->axis >= 0 && from->axis != axis : from->axis == axis))
    return nullptr;
  if (from->block > 0 && shape_of(graph, id).rank() != 2) return nullptr;
  const auto count = static_cast<std::int64_t>(factors.size());
  auto scaled = std::make_shared<Dequantisation>(*from);
  Tensor scales = from->block > 0 ? Tensor::copy_of(from->scales) : repeated(from->scales, count);
  const std::size_t rows = from->block == 0 ? 1
                           : axis == 0      ? factors.size()
                                            : static_cast<std::size_t>(from->scales.type.shape[0]);
  const std::size_t columns = static_cast<std::size_t>(scales.shape().elements()) / rows;
  scale_elements(scales.view().data, scales.as<float>(), rows, columns, factors,
                 from->block == 0 ? Factors::kOfColumns : which);
  scaled->scales = graph.own(std::move(scales));
  if (from->block == 0) {
    scaled->axis = axis;
    if (from->zeros.data != nullptr) scaled->zeros = graph.own(repeated(from->zeros, count));
  }
  return scaled;
}

Tensor dequantise(const Dequantisation& from, const TensorType& type) {
  Attributes attributes;
  attributes.set("axis", std::int64_t{std::max(from.axis, 0)});
  attributes.set("block_size", from.block);
  Tensor result(type);
  const std::array<TensorView, 3> inputs = {from.q, from.scales, from.zeros};
  const std::array<MutableTensorView, 1> outputs = {result.mutable_view()};
  const Status status = find_operator("", "DequantizeLinear")->compute({attributes, kLastOpset, inputs, outputs});
  KITE_CHECK(status.ok());
  return result;
}

}  // namespace

std::shared_ptr<const Dequantisation> dequantisation_of(const Graph& graph, const Node& node) {
  const auto constant = [&](std::size_t i) {
    const ValueId id = input_of(node, i);
    return id == kNoValue ? TensorView{} : graph.value(id).constant.value_or(TensorView{});
  };
  if (node.op_type != "DequantizeLinear") return nullptr;
  Dequantisation made{constant(0), constant(1), constant(2), -1, node.attributes.get_int("block_size", 0)};
  const bool is_whole =
      made.q.data != nullptr && made.scales.data != nullptr && constant_or_absent(graph, input_of(node, 2));
  if (!is_whole || !is_8_bit_or_less(made.q.type.dtype) || made.scales.type.dtype != DType::kFloat32) return nullptr;
  const Shape& scales = made.scales.type.shape;
  if (made.block != 0 || scales.elements() != 1) {
    made.axis = from_front(node.attributes.get_int("axis", 1), made.q.type.shape.rank());
  }
  return std::make_shared<const Dequantisation>(made);
}

ValueId add_scaled_constant(Graph& graph, std::string name, ValueId id, std::span<const double> factors,
                            Factors which) {
  if (const auto scaled = scaled_dequantisation(graph, id, factors, which)) {
    const ValueId made = graph.add_constant(std::move(name), dequantise(*scaled, *graph.value(id).type));
    graph.value(made).dequantised = scaled;
    return made;
  }
  const TensorView& view = *graph.value(id).constant;
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
  const auto dequantised = graph.value(id).dequantised;
  const bool stays = dequantised != nullptr && keeps_axes(view.type.shape, shape, dequantised->axis);
  view.type.shape = shape;
  const ValueId made = graph.add_constant_view(graph.value(id).name, view);
  if (stays) graph.value(made).dequantised = dequantised;
  return made;
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
