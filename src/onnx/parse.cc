// SPDX-License-Identifier: Apache-2.0
// One function for each message of onnx.proto; field numbers are those of the format. Each function merges the message
// into what is already there.
#include "onnx/parse.h"

#include <cstring>
#include <string>
#include <utility>

#include "onnx/foreign.h"
#include "onnx/wire.h"

namespace kite::onnx {

namespace {

class Parser {
 public:
  Parser(Bytes file, Budget& budget) : state_(file.data()), budget_(budget) {}

  ParseState& state() { return state_; }
  void model(Bytes message, Model& out);
  void tensor(Bytes message, TensorProto& out);

 private:
  void graph(Bytes message, Graph& out);
  void node(Bytes message, Node& out);
  void attribute(Bytes message, Attribute& out);
  bool attribute_value(FieldReader& reader, Attribute& out);
  void value_info(Bytes message, ValueInfo& out);
  void type(Bytes message, ValueInfo& out);
  void tensor_type(Bytes message, ValueInfo& out);
  void dimension(Bytes message, Dimension& out);
  StringPair string_pair(Bytes message);
  OpsetImport opset_import(Bytes message);
  void function(Bytes message, Function& out);
  void sparse_tensor(Bytes message, SparseTensorProto& out);
  void append_name(FieldReader& reader, std::vector<std::string_view>& out);
  void append_node(FieldReader& reader, std::vector<Node>& out);
  void append_attribute(FieldReader& reader, std::vector<Attribute>& out);
  void append_opset(FieldReader& reader, std::vector<OpsetImport>& out);

  // Subtracts `count` from what is left of one kind of record; false (and a failure) when too few are left. Called
  // before anything is stored.
  bool spend(Limit record, const FieldReader& at, std::int64_t count = 1);
  void append_ints(FieldReader& reader, std::vector<std::int64_t>& out);
  void append_floats(FieldReader& reader, std::vector<float>& out);

  ParseState state_;
  Budget& budget_;
  int depth_ = 0;  // of the graph that is being read
};

bool Parser::spend(Limit record, const FieldReader& at, std::int64_t count) {
  if (budget_.take(record, count)) return !state_.failed();
  const Error error = budget_.limits().over(record, "the model");
  state_.fail(error.code, error.what, at.position(), error.remedy);
  return false;
}

void Parser::append_ints(FieldReader& reader, std::vector<std::int64_t>& out) {
  Bytes run = reader.run(WireType::kVarint);
  if (!spend(Limit::kListElements, reader, count_varints(run))) return;
  while (!run.empty()) {
    const auto value = take_varint(run);
    if (!value) return state_.fail(ErrorCode::kInvalidModel, "a malformed number in a list", reader.position());
    out.push_back(static_cast<std::int64_t>(*value));
  }
}

void Parser::append_floats(FieldReader& reader, std::vector<float>& out) {
  const Bytes run = reader.run(WireType::kFixed32);
  if (run.size() % sizeof(float) != 0) {
    return state_.fail(ErrorCode::kInvalidModel, "a list of floats whose size is no multiple of 4", reader.position());
  }
  const std::size_t count = run.size() / sizeof(float);
  if (count == 0 || !spend(Limit::kListElements, reader, static_cast<std::int64_t>(count))) return;
  out.resize(out.size() + count);
  std::memcpy(&out[out.size() - count], run.data(), run.size());
}

StringPair Parser::string_pair(Bytes message) {
  StringPair pair;
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: pair.first = reader.text(); break;
      case 2: pair.second = reader.text(); break;
      default: reader.skip();
    }
  }
  return pair;
}

OpsetImport Parser::opset_import(Bytes message) {
  OpsetImport import;
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: import.domain = reader.text(); break;
      case 2: import.version = reader.varint(); break;
      default: reader.skip();
    }
  }
  return import;
}

void Parser::append_name(FieldReader& reader, std::vector<std::string_view>& out) {
  const std::string_view name = reader.text();
  if (spend(Limit::kNodeValues, reader)) out.push_back(name);
}

void Parser::append_node(FieldReader& reader, std::vector<Node>& out) {
  const Bytes body = reader.bytes();
  if (spend(Limit::kNodes, reader)) node(body, out.emplace_back());
}

void Parser::append_attribute(FieldReader& reader, std::vector<Attribute>& out) {
  const Bytes body = reader.bytes();
  if (spend(Limit::kAttributes, reader)) attribute(body, out.emplace_back());
}

void Parser::append_opset(FieldReader& reader, std::vector<OpsetImport>& out) {
  const Bytes body = reader.bytes();
  if (spend(Limit::kEntries, reader)) out.push_back(opset_import(body));
}

void Parser::function(Bytes message, Function& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: out.name = reader.text(); break;
      case 4: append_name(reader, out.inputs); break;
      case 5: append_name(reader, out.outputs); break;
      case 6: append_name(reader, out.attributes); break;
      case 7: append_node(reader, out.nodes); break;
      case 9: append_opset(reader, out.opset_imports); break;
      case 10: out.domain = reader.text(); break;
      case 11: append_attribute(reader, out.defaults); break;
      case 13: out.overload = reader.text(); break;
      default: reader.skip();
    }
  }
}

void Parser::dimension(Bytes message, Dimension& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {  // a oneof: the last one counts
      case 1: out = {reader.varint(), {}}; break;
      case 2: out = {std::nullopt, reader.text()}; break;
      default: reader.skip();
    }
  }
}

void Parser::tensor_type(Bytes message, ValueInfo& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    if (reader.field() == 1) {
      out.element_type = static_cast<std::int32_t>(reader.varint());
    } else if (reader.field() == 2) {
      out.has_shape = true;
      for (FieldReader shape(reader.bytes(), state_); shape.next();) {
        if (shape.field() != 1) {
          shape.skip();
          continue;
        }
        const Bytes dim = shape.bytes();
        if (!spend(Limit::kListElements, shape)) return;
        dimension(dim, out.shape.emplace_back());
      }
    } else {
      reader.skip();
    }
  }
}

void Parser::type(Bytes message, ValueInfo& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1:
        out.is_tensor = true;
        tensor_type(reader.bytes(), out);
        break;
      case 6: out.denotation = reader.text(); break;
      case 4:  // sequence
      case 5:  // map
      case 8:  // sparse tensor
      case 9:  // optional
        out.is_tensor = false;
        [[fallthrough]];
      default: reader.skip();
    }
  }
}

void Parser::value_info(Bytes message, ValueInfo& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: out.name = reader.text(); break;
      case 2: type(reader.bytes(), out); break;
      default: reader.skip();
    }
  }
}

void Parser::tensor(Bytes message, TensorProto& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    const auto add_run = [&](Runs& runs, WireType unpacked) {
      const Bytes run = reader.run(unpacked);
      if (!run.empty() && spend(Limit::kListElements, reader)) runs.push_back(run);
    };
    switch (reader.field()) {
      case 1: append_ints(reader, out.dims); break;
      case 2: out.data_type = static_cast<std::int32_t>(reader.varint()); break;
      case 3:
        out.is_segment = true;
        reader.skip();
        break;
      case 4: add_run(out.float_data, WireType::kFixed32); break;
      case 5: add_run(out.int32_data, WireType::kVarint); break;
      case 6:
        out.has_string_data = true;
        reader.skip();
        break;
      case 7: add_run(out.int64_data, WireType::kVarint); break;
      case 8: out.name = reader.text(); break;
      case 9: out.raw_data = reader.bytes(); break;
      case 10: add_run(out.double_data, WireType::kFixed64); break;
      case 11: add_run(out.uint64_data, WireType::kVarint); break;
      case 13: {
        const Bytes entry = reader.bytes();
        if (spend(Limit::kEntries, reader)) {
          out.external_data.push_back(string_pair(entry));
        }
        break;
      }
      case 14: out.is_external = reader.varint() == 1; break;
      default: reader.skip();
    }
  }
}

void Parser::sparse_tensor(Bytes message, SparseTensorProto& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: tensor(reader.bytes(), out.values); break;
      case 2: tensor(reader.bytes(), out.indices); break;
      case 3: append_ints(reader, out.dims); break;
      default: reader.skip();
    }
  }
}

// The value fields of an attribute; false when the field is none of them.
bool Parser::attribute_value(FieldReader& reader, Attribute& out) {
  AttributeType type = AttributeType::kUndefined;
  switch (reader.field()) {
    case 2:
      type = AttributeType::kFloat;
      out.f = reader.fixed32_float();
      break;
    case 3:
      type = AttributeType::kInt;
      out.i = reader.varint();
      break;
    case 4:
      type = AttributeType::kString;
      out.s = reader.text();
      break;
    case 5:
      type = AttributeType::kTensor;
      if (!out.t) out.t = std::make_unique<TensorProto>();
      tensor(reader.bytes(), *out.t);
      break;
    case 6:
      type = AttributeType::kGraph;
      if (!out.g) out.g = std::make_unique<Graph>();
      graph(reader.bytes(), *out.g);
      break;
    case 7:
      type = AttributeType::kFloats;
      append_floats(reader, out.floats);
      break;
    case 8:
      type = AttributeType::kInts;
      append_ints(reader, out.ints);
      break;
    case 9: {
      type = AttributeType::kStrings;
      const std::string_view text = reader.text();
      if (spend(Limit::kListElements, reader)) out.strings.push_back(text);
      break;
    }
    case 22:
      type = AttributeType::kSparseTensor;
      if (!out.sparse) out.sparse = std::make_unique<SparseTensorProto>();
      sparse_tensor(reader.bytes(), *out.sparse);
      break;
    case 10:  // tensors
    case 11:  // graphs
    case 14:  // type
    case 15:  // types
    case 23:  // sparse tensors
      out.present |= kPresentOther;
      reader.skip();
      return true;
    default: return false;
  }
  out.present |= present_bit(type);
  return true;
}

void Parser::attribute(Bytes message, Attribute& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: out.name = reader.text(); break;
      case 20: out.type = static_cast<std::int32_t>(reader.varint()); break;
      case 21: out.ref_attr_name = reader.text(); break;
      default:
        if (!attribute_value(reader, out)) reader.skip();
    }
  }
}

void Parser::node(Bytes message, Node& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1:
      case 2: append_name(reader, reader.field() == 1 ? out.inputs : out.outputs); break;
      case 3: out.name = reader.text(); break;
      case 4: out.op_type = reader.text(); break;
      case 5: append_attribute(reader, out.attributes); break;
      case 7: out.domain = reader.text(); break;
      case 8: out.overload = reader.text(); break;
      default: reader.skip();
    }
  }
}

void Parser::graph(Bytes message, Graph& out) {
  FieldReader reader(message, state_);
  if (depth_ > budget_.limits()[Limit::kGraphDepth]) {
    const Error error = budget_.limits().over(Limit::kGraphDepth, "the model");
    return state_.fail(error.code, error.what, message.data(), error.remedy);
  }
  for (++depth_; reader.next();) {
    switch (reader.field()) {
      case 1: append_node(reader, out.nodes); break;
      case 2: out.name = reader.text(); break;
      case 5: {
        const Bytes body = reader.bytes();
        if (spend(Limit::kInitializers, reader)) tensor(body, out.initializers.emplace_back());
        break;
      }
      case 10: out.doc_string = reader.text(); break;
      case 11:
      case 12: {
        auto& list = reader.field() == 11 ? out.inputs : out.outputs;
        const Bytes body = reader.bytes();
        if (spend(Limit::kEntries, reader)) value_info(body, list.emplace_back());
        break;
      }
      case 15: {
        const Bytes body = reader.bytes();
        if (spend(Limit::kInitializers, reader)) {
          sparse_tensor(body, out.sparse_initializers.emplace_back());
        }
        break;
      }
      default: reader.skip();  // value_info (13) too: every type is inferred anew
    }
  }
  --depth_;
}

void Parser::model(Bytes message, Model& out) {
  for (FieldReader reader(message, state_); reader.next();) {
    switch (reader.field()) {
      case 1: out.ir_version = reader.varint(); break;
      case 2: out.producer_name = reader.text(); break;
      case 3: out.producer_version = reader.text(); break;
      case 4: out.domain = reader.text(); break;
      case 5: out.model_version = reader.varint(); break;
      case 6: out.doc_string = reader.text(); break;
      case 7: graph(reader.bytes(), out.graph); break;
      case 8: append_opset(reader, out.opset_imports); break;
      case 14:
      case 25: {
        const std::uint32_t field = reader.field();
        const Bytes body = reader.bytes();
        if (!spend(Limit::kEntries, reader)) break;
        if (field == 14 && spend(Limit::kMetadataBytes, reader, static_cast<std::int64_t>(body.size()))) {
          out.metadata.push_back(string_pair(body));
        }
        if (field == 25) function(body, out.functions.emplace_back());
        break;
      }
      default: reader.skip();
    }
  }
}

}  // namespace

Result<Model> parse_model(Bytes bytes, std::string_view where, Budget& budget) {
  Model model;
  Parser parser(bytes, budget);
  parser.model(bytes, model);
  const bool failed = parser.state().failed();
  if (failed && parser.state().failure().code != ErrorCode::kInvalidModel)
    return Error(parser.state().failure()).in(where);
  // Bytes of another kind may happen to be well-formed fields, but a model also states its version
  // and its operator sets.
  const bool is_empty = model.ir_version == 0 && model.opset_imports.empty() && model.graph.nodes.empty();
  if (failed || is_empty) {
    if (auto foreign = describe_foreign(bytes)) {
      return Error{ErrorCode::kInvalidModel, "not an ONNX model: " + std::move(foreign->what), std::string(where),
                   std::move(foreign->remedy)};
    }
  }
  if (failed) {
    Error error = parser.state().failure();
    error.what = "not an ONNX model, or a damaged one: " + error.what;
    if (error.remedy.empty()) error.remedy = "download or export it again";
    return std::move(error).in(where);
  }
  if (is_empty) {
    return Error{ErrorCode::kInvalidModel, "not an ONNX model: it states no version, no operator set and no node",
                 std::string(where), "name an .onnx file"};
  }
  return model;
}

Result<Model> parse_model(Bytes bytes, std::string_view where) {
  Budget budget;
  return parse_model(bytes, where, budget);
}

Result<TensorProto> parse_tensor(Bytes bytes, std::string_view where) {
  TensorProto tensor;
  Budget budget;
  Parser parser(bytes, budget);
  parser.tensor(bytes, tensor);
  if (parser.state().failed()) return Error(parser.state().failure()).in(where);
  return tensor;
}

}  // namespace kite::onnx
