// SPDX-License-Identifier: Apache-2.0
// Encodes an operator call as bytes and decodes it. The decoder trusts no byte: a plan may come from any source.
#include "plan/format/portable.h"

#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "base/checked.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// Every piece starts at a multiple of 8, so that views into the bytes are aligned.
class Writer {
 public:
  void raw(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
    bytes.resize(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(bytes.size()), 8)));
  }
  void number(std::int64_t n) { raw(&n, sizeof n); }
  void text(std::string_view s) {
    number(static_cast<std::int64_t>(s.size()));
    raw(s.data(), s.size());
  }
  template <typename T>
  void list(const std::vector<T>& items) {
    number(static_cast<std::int64_t>(items.size()));
    raw(items.data(), items.size() * sizeof(T));
  }
  std::vector<std::byte> bytes;
};

void write_value(Writer& out, const Attribute::Value& value) {
  out.number(static_cast<std::int64_t>(value.index()));
  switch (value.index()) {
    case 0: out.number(std::get<0>(value)); break;
    case 1: out.raw(&std::get<1>(value), sizeof(float)); break;
    case 2: out.text(std::get<2>(value)); break;
    case 3: out.list(std::get<3>(value)); break;
    case 4: out.list(std::get<4>(value)); break;
    case 5:
      out.number(static_cast<std::int64_t>(std::get<5>(value).size()));
      for (const std::string& s : std::get<5>(value)) out.text(s);
      break;
    case 6: {
      const TensorView& view = std::get<6>(value);
      out.number(static_cast<std::int64_t>(view.type.dtype));
      out.number(view.type.shape.rank());
      for (const std::int64_t dim : view.type.shape.dims()) out.number(dim);
      out.raw(view.data, static_cast<std::size_t>(view.type.size_bytes()));
      break;
    }
    default: break;
  }
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  // Null and failed() when fewer than `size` bytes are left.
  const std::byte* raw(std::int64_t size) {
    const auto left = static_cast<std::int64_t>(rest_.size());
    if (failed_ || size < 0 || size > left || round_up(size, 8) > left) {
      failed_ = true;
      return nullptr;
    }
    const std::byte* data = rest_.data();
    rest_ = rest_.subspan(static_cast<std::size_t>(round_up(size, 8)));
    return data;
  }
  template <typename T>
  T scalar() {
    T value{};
    if (const std::byte* data = raw(sizeof(T))) std::memcpy(&value, data, sizeof(T));
    return value;
  }
  std::int64_t number() { return scalar<std::int64_t>(); }
  // A count of items of at least `unit` bytes each; 0 and failed() when the rest cannot hold them.
  std::int64_t count(std::int64_t unit) {
    const std::int64_t n = number();
    if (n < 0 || n > static_cast<std::int64_t>(rest_.size()) / unit) failed_ = true;
    return failed_ ? 0 : n;
  }
  std::string text() {
    const std::int64_t size = count(1);
    const std::byte* data = raw(size);
    return data == nullptr ? std::string()
                           : std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  template <typename T>
  std::vector<T> list() {
    const std::int64_t n = count(sizeof(T));
    std::vector<T> items(static_cast<std::size_t>(n));
    const std::byte* data = raw(n * static_cast<std::int64_t>(sizeof(T)));
    if (data != nullptr && n > 0) std::memcpy(items.data(), data, items.size() * sizeof(T));
    return items;
  }
  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

TensorView read_tensor(Reader& in) {
  TensorView view;
  const std::int64_t dtype = in.number();
  const std::int64_t rank = in.number();
  if (dtype < 0 || dtype > static_cast<std::int64_t>(kLastDType) || rank < 0 || rank > kMaxRank) {
    in.fail();
    return view;
  }
  std::array<std::int64_t, kMaxRank> dims{};
  for (std::int64_t i = 0; i < rank; ++i) dims[static_cast<std::size_t>(i)] = in.number();
  auto shape = Shape::make({dims.data(), static_cast<std::size_t>(rank)});
  if (!shape.ok()) {
    in.fail();
    return view;
  }
  view.type = {static_cast<DType>(dtype), *shape};
  view.data = in.raw(view.type.size_bytes());
  return view;
}

Attribute::Value read_value(Reader& in) {
  switch (in.number()) {
    case 0: return in.number();
    case 1: return in.scalar<float>();
    case 2: return in.text();
    case 3: return in.list<std::int64_t>();
    case 4: return in.list<float>();
    case 5: {
      std::vector<std::string> strings(static_cast<std::size_t>(in.count(8)));
      for (std::string& s : strings) s = in.text();
      return strings;
    }
    case 6: return read_tensor(in);
    default: in.fail(); return std::int64_t{0};
  }
}

}  // namespace

std::vector<std::byte> encode_portable(const Node& node) {
  Writer out;
  out.text(node.domain);
  out.text(node.op_type);
  out.number(node.opset);
  out.number(static_cast<std::int64_t>(node.attributes.all().size()));
  for (const Attribute& attribute : node.attributes.all()) {
    out.text(attribute.name);
    write_value(out, attribute.value);
  }
  return std::move(out.bytes);
}

Result<std::unique_ptr<const PortableCall>> decode_portable(std::span<const std::byte> bytes) {
  Reader in(bytes);
  auto call = std::make_unique<PortableCall>();
  const std::string domain = in.text();
  const std::string name = in.text();
  const std::int64_t opset = in.number();
  const std::int64_t attributes = in.count(16);
  for (std::int64_t i = 0; i < attributes && !in.failed(); ++i) {
    std::string attribute = in.text();
    call->attributes.set(std::move(attribute), read_value(in));
  }
  call->op = find_operator(domain, name);
  if (in.failed() || !in.done() || call->op == nullptr || opset < call->op->first_opset ||
      opset > call->op->last_opset) {
    return Error{ErrorCode::kInvalidModel, "a step of the plan does not describe an operator", {}, {}};
  }
  call->opset = static_cast<int>(opset);
  return std::unique_ptr<const PortableCall>(std::move(call));
}

Status check_portable(const PortableCall& call, std::span<const PortableInput> inputs,
                      std::span<const std::optional<TensorType>> outputs) {
  Graph graph;
  Node node;
  node.op_type = std::string(call.op->name);
  node.domain = std::string(call.op->domain);
  node.opset = call.opset;
  node.attributes = call.attributes;
  for (const PortableInput& input : inputs) {
    if (!input.present) {
      node.inputs.push_back(kNoValue);
    } else if (input.constant != nullptr) {
      node.inputs.push_back(graph.add_constant_view("constant", {input.type, input.constant}));
    } else {
      node.inputs.push_back(graph.add_value("input"));
      graph.value(node.inputs.back()).type = input.type;
    }
  }
  for (const auto& output : outputs) node.outputs.push_back(output ? graph.add_value("output") : kNoValue);
  const NodeId id = graph.add_node(std::move(node));
  // compute() writes the first output without asking whether it is wanted; only Split asks for each output.
  if (outputs.empty() || (!outputs[0] && call.op->name != "Split")) {
    return Error{ErrorCode::kInvalidModel, "a step of the plan leaves out the result of its operator", {}, {}};
  }
  KITE_TRY(infer_node(graph, id));
  const std::vector<ValueId>& inferred = graph.node(id).outputs;
  for (std::size_t i = 0; i < inferred.size(); ++i) {
    if (inferred[i] == kNoValue || (i < outputs.size() && outputs[i])) continue;
    return Error{ErrorCode::kInvalidModel, "a step of the plan leaves out the scratch of its operator", {}, {}};
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] && graph.value(graph.node(id).outputs[i]).type != outputs[i]) {
      return Error{ErrorCode::kInvalidModel,
                   "a step of the plan states a result of another shape than its operator gives",
                   {},
                   {}};
    }
  }
  return {};
}

}  // namespace kite
