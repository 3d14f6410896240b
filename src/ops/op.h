// SPDX-License-Identifier: Apache-2.0
// The operator contract: what every operator must say about itself, and how to find one by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

// What an operator sees of its node while types are inferred. All input types are known and concrete.
class InferContext {
 public:
  InferContext(Graph& graph, NodeId node) : graph_(graph), id_(node) {}

  [[nodiscard]] const Node& node() const { return graph_.node(id_); }
  [[nodiscard]] const Attributes& attributes() const { return node().attributes; }
  [[nodiscard]] int opset() const { return node().opset; }
  [[nodiscard]] int input_count() const { return static_cast<int>(node().inputs.size()); }
  [[nodiscard]] int output_count() const { return static_cast<int>(node().outputs.size()); }
  [[nodiscard]] bool has_input(int i) const;
  [[nodiscard]] bool has_output(int i) const;
  // Valid only when has_input(i).
  [[nodiscard]] const TensorType& input(int i) const;
  [[nodiscard]] const Shape& shape(int i) const { return input(i).shape; }
  // The value of a constant input; null when it is absent or only known at run time.
  [[nodiscard]] const TensorView* constant(int i) const;
  // The value of an input that decides the output's shape. kUnsupportedModel naming the input when it is only known at
  // run time: shapes must not depend on data. Its elements may lie unaligned.
  [[nodiscard]] Result<TensorView> shaping_value(int i, std::string_view input_name) const;
  // The elements of such an input where it is an int32 or int64 list or scalar (axes, shapes, pads ...).
  [[nodiscard]] Result<std::vector<std::int64_t>> constant_ints(int i, std::string_view input_name) const;
  // The one element of such an input.
  [[nodiscard]] Result<std::int64_t> constant_int(int i, std::string_view input_name) const;

  // Checked attribute getters: kInvalidModel when the attribute exists with another type.
  [[nodiscard]] Result<std::int64_t> get_int(std::string_view name, std::int64_t fallback) const;
  [[nodiscard]] Result<float> get_float(std::string_view name, float fallback) const;
  [[nodiscard]] Result<std::string> get_string(std::string_view name, std::string_view fallback) const;
  [[nodiscard]] Result<std::vector<std::int64_t>> get_ints(std::string_view name) const;
  // The element type that an integer states, as TensorProto.DataType numbers them.
  [[nodiscard]] Result<DType> get_dtype(std::string_view name, DType fallback) const;

  // Common checks, each an Error that names the node.
  [[nodiscard]] Status require_inputs(int least, int most) const;  // counts, and that the first `least` are present
  [[nodiscard]] Status require_same_dtype(int i, int j) const;
  [[nodiscard]] Status require_float(int i) const;  // float32 or float64
  // Maps a negative axis and checks the range [-rank, rank) (or rank+1 positions when `one_past` for Unsqueeze-like).
  [[nodiscard]] Result<int> normalize_axis(std::int64_t axis, int rank) const;

  // Sets the type of output i (ignored when that output is left out). Checks the shape invariants.
  [[nodiscard]] Status set_output(int i, DType dtype, std::span<const std::int64_t> dims);
  [[nodiscard]] Status set_output(int i, const TensorType& type);

  // Gives the node output i where the model leaves it out, because compute() keeps its state there.
  void need_output(int i);
  // The same for an output that the operator does not define, which a model must not read.
  [[nodiscard]] Status need_scratch(int i);

  // How many elements each element of the outputs is made from, where that is not about one: the length of a dot
  // product, the taps of a window.
  void set_terms(std::int64_t terms) noexcept { terms_ = terms; }
  [[nodiscard]] std::int64_t terms() const noexcept { return terms_; }

  // The same where each element of the first output is a sum of so many products: a convolution, a product of
  // matrices. Of these the multiply-adds of a model are counted.
  void set_products(std::int64_t products) noexcept { terms_ = products_ = products; }
  [[nodiscard]] std::int64_t products() const noexcept { return products_; }

  // Errors that already carry the place: node "x" (Conv).
  [[nodiscard]] Error invalid(std::string what, std::string remedy = {}) const;
  [[nodiscard]] Error unsupported(std::string what, std::string remedy = {}) const;

 private:
  Graph& graph_;
  NodeId id_;
  std::int64_t terms_ = 1;
  std::int64_t products_ = 0;
};

// Elements [first, last) of some list.
struct ElementRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// Which share of its work a call does. Shares are disjoint, in order, and together the whole.
struct Share {
  int index = 0;
  int count = 1;

  // This share of `total` things, cut at multiples of `grain`: 64 elements of any size end at a cache line's border
  // where their buffer begins at one.
  [[nodiscard]] ElementRange of(std::int64_t total, std::int64_t grain = 64) const noexcept;
};

// What an operator sees while it computes. Absent operands have data == nullptr. Input and output buffers never
// overlap. Types are those that infer() accepted and set.
struct ComputeContext {
  const Attributes& attributes;
  int opset = 0;
  std::span<const TensorView> inputs;
  std::span<const MutableTensorView> outputs;
  Share share = {};  // the whole, unless the operator is Sharing::kShared

  [[nodiscard]] bool has_input(std::size_t i) const { return i < inputs.size() && inputs[i].data != nullptr; }
  [[nodiscard]] bool has_output(std::size_t i) const { return i < outputs.size() && outputs[i].data != nullptr; }
};

// The newest opset of the standard operators that is read. Operators that did not change since say that they last to
// it.
inline constexpr int kLastOpset = 28;

// Whether several threads may compute one call, each a share of it. They do so at the same time, so each call writes
// elements of its own and reads no output that another one writes; an element has the same bits in whichever share it
// lies, and the error of the lowest share is that of the whole.
enum class Sharing : std::uint8_t { kAlone, kShared };

// One operator of one domain over a range of opset versions. `compute` is the portable implementation: any rank, any
// supported dtype, plain row-major layout, templated on the element type so that float64 gives the oracle. It
// allocates nothing and fails only for reasons that depend on the data (an index out of range).
struct Operator {
  std::string_view domain;
  std::string_view name;
  int first_opset;
  int last_opset;
  std::string_view limits;  // what is not supported, for the support table; empty = complete for our dtypes
  Status (*infer)(InferContext& context);
  Status (*compute)(const ComputeContext& context);
  Sharing sharing = Sharing::kAlone;
};

// All operators, by domain and name.
[[nodiscard]] std::span<const Operator* const> all_operators() noexcept;

// Null when unknown.
[[nodiscard]] const Operator* find_operator(std::string_view domain, std::string_view name) noexcept;

// Why the default domain's operator of that name is left out on purpose; empty where it is not.
[[nodiscard]] std::string_view reason_left_out(std::string_view domain, std::string_view name) noexcept;

}  // namespace kite
