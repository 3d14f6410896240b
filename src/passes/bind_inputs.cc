// SPDX-License-Identifier: Apache-2.0
// Gives every graph input a concrete shape: the one that the caller asks for, else the model's, else
// 1 for each dimension.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "paperkite/try.h"
#include "passes/pass.h"

namespace kite {

namespace {

using Symbols = std::map<std::string, std::int64_t, std::less<>>;

std::string stated_dims(const GraphInput& input) {
  std::string text = "[";
  for (const InputDim& dim : input.dims) {
    if (text.size() > 1) text += ',';
    text += dim.size ? std::to_string(*dim.size) : dim.symbol.empty() ? "?" : dim.symbol;
  }
  return text + ']';
}

Error contradiction(const Graph& graph, const GraphInput& input, const Shape& given, std::string why) {
  return {ErrorCode::kInvalidInput,
          "shape " + given.to_string() + " does not fit the model's " + stated_dims(input) + ": " + std::move(why),
          "input " + in_quotes(graph.value(input.value).name), "give a shape that fits, or leave it out"};
}

// A default value for which the caller gives a shape becomes an input: its elements will come at run time.
void open_given_defaults(Graph& graph, const InputShapes& shapes) {
  for (GraphInput& input : graph.inputs_with_default) {
    Value& value = graph.value(input.value);
    if (!value.constant || !shapes.contains(value.name)) continue;
    value.constant.reset();
    graph.inputs.push_back(input);
  }
}

Status check_names(const Graph& graph, const InputShapes& shapes) {
  for (const auto& [name, shape] : shapes) {
    std::string known;
    bool found = false;
    for (const GraphInput& input : graph.inputs) {
      const std::string& input_name = graph.value(input.value).name;
      found = found || input_name == name;
      known += (known.empty() ? "" : ", ") + in_quotes(input_name);
    }
    if (!found) {
      return Error{
          ErrorCode::kInvalidInput, "the model has no input " + in_quotes(name), {}, "its inputs are " + known};
    }
  }
  return {};
}

// Checks a given shape against the model's, and records the sizes that it gives to symbols.
Status take_given(const Graph& graph, const GraphInput& input, const Shape& given, Symbols& symbols) {
  if (given.dims().size() != input.dims.size()) {
    return contradiction(graph, input, given, "the number of dimensions differs");
  }
  for (std::size_t i = 0; i < input.dims.size(); ++i) {
    const InputDim& dim = input.dims[i];
    const std::int64_t size = given.dims()[i];
    if (dim.size && *dim.size != size) {
      return contradiction(graph, input, given, "dimension " + std::to_string(i) + " is fixed");
    }
    if (dim.size || dim.symbol.empty()) continue;
    const auto [entry, is_new] = symbols.try_emplace(dim.symbol, size);
    if (!is_new && entry->second != size) {
      return contradiction(graph, input, given, in_quotes(dim.symbol) + " is already " + std::to_string(entry->second));
    }
  }
  return {};
}

}  // namespace

Status bind_inputs(Graph& graph, const InputShapes& shapes) {
  open_given_defaults(graph, shapes);
  KITE_TRY(check_names(graph, shapes));
  // All given shapes come first: a symbol that one of them binds also has this size in the inputs
  // without a given shape.
  Symbols symbols;
  for (const GraphInput& input : graph.inputs) {
    const auto given = shapes.find(graph.value(input.value).name);
    if (given != shapes.end()) KITE_TRY(take_given(graph, input, given->second, symbols));
  }
  for (const GraphInput& input : graph.inputs) {
    Value& value = graph.value(input.value);
    const auto given = shapes.find(value.name);
    std::vector<std::int64_t> dims;
    for (std::size_t i = 0; i < input.dims.size(); ++i) {
      const InputDim& dim = input.dims[i];
      const auto symbol = symbols.find(dim.symbol);
      const std::int64_t bound = symbol == symbols.end() ? 1 : symbol->second;
      dims.push_back(given != shapes.end() ? given->second.dims()[i] : dim.size.value_or(bound));
    }
    auto shape = Shape::make(dims);
    if (!shape.ok()) return std::move(shape).error().in("input " + in_quotes(value.name));
    value.type = TensorType{input.dtype, *shape};
  }
  return {};
}

}  // namespace kite
