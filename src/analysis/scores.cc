// SPDX-License-Identifier: Apache-2.0
// Derives, from the kind of numbers of each output, what a caller may do with the output.
#include "analysis/scores.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ranges>
#include <utility>

#include "analysis/numbers.h"
#include "base/decimal_text.h"

namespace kite {

namespace {

constexpr std::array<std::string_view, 8> kKindNames = {
    "logits",          "probabilities", "independent", "log-probabilities",
    "log-independent", "class-index",   "unclear",     "no-vector"};

// The number of pictures in one run.
std::int64_t batch_of(const Graph& graph) {
  for (const GraphInput& input : graph.inputs) {
    const auto& type = graph.value(input.value).type;
    if (type && type->shape.rank() >= 4) return type->shape[0];
  }
  return 1;
}

// The axis of an output that counts classes, if the output holds one vector for each picture.
struct Vector {
  int axis = 0;
  std::int64_t length = 1;
};
std::optional<Vector> vector_of(const Shape& shape, std::int64_t batch) {
  if (shape.elements() == 0) return std::nullopt;
  const bool has_batch = batch > 1;
  if (has_batch && (shape.rank() == 0 || shape[0] != batch)) return std::nullopt;
  Vector found{shape.rank() >= 2 ? 1 : 0, 1};
  for (int axis = has_batch ? 1 : 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    if (found.length != 1) return std::nullopt;
    found = {axis, shape[axis]};
  }
  return found;
}

// True where the class axis of the numbers is that of the output.
bool has_class_axis(const Numbers& numbers, const Shape& shape, const Vector& vector, std::int64_t batch) {
  if (numbers.layout.count != vector.length) return false;
  return vector.length == 1 || batch == 1 || numbers.layout.outer == shape.elements(0, vector.axis);
}

std::string reason_of(const Graph& graph, const Numbers& numbers) {
  std::string text;
  if (numbers.cause != kNoNode) text = graph.describe(numbers.cause) + ' ';
  text += numbers.reason;
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

void describe_distribution(OutputScores& output, const Numbers& numbers, const Shape& shape, const Vector& vector,
                           std::int64_t batch) {
  const bool is_log = numbers.form == Form::kLogDistribution;
  if (has_class_axis(numbers, shape, vector, batch) && vector.length > 1) {
    output.kind = is_log ? OutputKind::kLogProbabilities : OutputKind::kProbabilities;
    output.sums_to_one = true;
    return;
  }
  if (numbers.layout.count == 1) {
    output.kind = is_log ? OutputKind::kLogIndependent : OutputKind::kIndependent;
    output.reason = "its softmax is over a single number, so that every probability is 1";
    return;
  }
  output.kind = OutputKind::kUnclear;
  output.reason = "its softmax is over another axis than that of the classes";
}

void describe_index(OutputScores& output, const Numbers& numbers, const Vector& vector, bool is_top_k) {
  output.kind = OutputKind::kClassIndex;
  output.ranked = vector.length;
  output.classes = numbers.classes;
  if (vector.length == 1 || is_top_k) return;
  output.kind = OutputKind::kNoVector;
  output.reason = "it holds a class for each of many positions";
}

OutputScores describe_output(const Graph& graph, ValueId id, const Numbers& numbers, std::int64_t batch) {
  const TensorType& type = *graph.value(id).type;
  OutputScores output;
  const auto vector = vector_of(type.shape, batch);
  if (!vector) {
    output.kind = OutputKind::kNoVector;
    output.reason = "it holds more than one number for each class, or none";
    return output;
  }
  output.classes = vector->length;
  output.class_axis = vector->axis;
  output.total = numbers.total;
  if (numbers.picker != kNoNode) output.ranked = vector->length;
  if (numbers.is_quantised) {
    output.reason = "it is quantised: end the model with a DequantizeLinear that has its scale";
    return output;
  }
  switch (numbers.form) {
    case Form::kReal:
      output.kind = OutputKind::kLogits;
      if (type.dtype == DType::kFloat32 || type.dtype == DType::kFloat64 || type.dtype == DType::kFloat16 ||
          type.dtype == DType::kBFloat16) {
        return output;
      }
      output.kind = OutputKind::kUnclear;
      output.reason = "it holds whole numbers that do not come from an ArgMax";
      return output;
    case Form::kDistribution:
    case Form::kLogDistribution: describe_distribution(output, numbers, type.shape, *vector, batch); return output;
    case Form::kPart: {
      // Each label has its own softmax over yes and no, of which only the probability of yes is an output.
      const bool is_independent = numbers.layout.count == 1 && vector->length > 1;
      output.kind = is_independent ? OutputKind::kIndependent : OutputKind::kProbabilities;
      return output;
    }
    case Form::kUnit: output.kind = OutputKind::kIndependent; return output;
    case Form::kLogUnit: output.kind = OutputKind::kLogIndependent; return output;
    case Form::kIndex:
      describe_index(output, numbers, *vector, graph.node(numbers.picker).op_type == "TopK");
      return output;
    case Form::kUnclear: output.reason = reason_of(graph, numbers); return output;
  }
  return output;
}

// Finds, for an output with the scores of the best classes, the output with the indices of these classes.
void pair_ranked(const Graph& graph, const std::vector<Numbers>& numbers, std::vector<OutputScores>& outputs) {
  const auto picker = [&](std::size_t i) { return numbers[static_cast<std::size_t>(graph.outputs[i])].picker; };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].kind != OutputKind::kClassIndex || outputs[i].ranked == 0) continue;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const bool holds_scores = outputs[k].ranked == outputs[i].ranked && outputs[k].kind != OutputKind::kClassIndex;
      // There is only one best class, whichever operator found it.
      if (!holds_scores || (picker(k) != picker(i) && outputs[i].ranked != 1)) continue;
      outputs[i].partner = static_cast<int>(k);
      outputs[k].partner = static_cast<int>(i);
      break;
    }
  }
}

bool are_probabilities(OutputKind kind) {
  return kind == OutputKind::kProbabilities || kind == OutputKind::kIndependent ||
         kind == OutputKind::kLogProbabilities || kind == OutputKind::kLogIndependent;
}

// True for each value that `id` is computed from, and for itself.
std::vector<bool> sources_of(const Graph& graph, ValueId id, std::size_t values) {
  std::vector<bool> seen(values);
  std::vector<ValueId> open{id};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (value == kNoValue || seen[static_cast<std::size_t>(value)]) continue;
    seen[static_cast<std::size_t>(value)] = true;
    const NodeId producer = graph.value(value).producer;
    if (producer == kNoNode) continue;
    const std::vector<ValueId>& inputs = graph.node(producer).inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  return seen;
}

// Finds, for an output with logits, the output with the probabilities that the graph makes of them.
void pair_activated(const Graph& graph, std::size_t values, std::vector<OutputScores>& outputs) {
  const auto is_logits_of = [&](std::size_t i, std::size_t k) {
    return outputs[i].kind == OutputKind::kLogits && outputs[i].ranked == 0 && outputs[i].classes == outputs[k].classes;
  };
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!are_probabilities(outputs[k].kind) || outputs[k].ranked > 0) continue;
    std::vector<bool> sources;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!is_logits_of(i, k)) continue;
      if (sources.empty()) sources = sources_of(graph, graph.outputs[k], values);
      if (sources[static_cast<std::size_t>(graph.outputs[i])]) outputs[i].partner = static_cast<int>(k);
    }
  }
}

template <typename T>
bool take(std::string_view& line, T& value) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const auto [last, error] = std::from_chars(line.data(), line.data() + end, value);
  if (error != std::errc() || last != line.data() + end) return false;
  line.remove_prefix(std::min(end + 1, line.size()));
  return true;
}

std::optional<OutputScores> parse_line(std::string_view line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const auto name = std::ranges::find(kKindNames, line.substr(0, end));
  if (name == kKindNames.end()) return std::nullopt;
  line.remove_prefix(std::min(end + 1, line.size()));
  OutputScores output;
  output.kind = static_cast<OutputKind>(name - kKindNames.begin());
  int sums_to_one = 0;
  if (!take(line, output.classes) || !take(line, output.class_axis) || !take(line, sums_to_one) ||
      !take(line, output.total) || !take(line, output.ranked) || !take(line, output.partner)) {
    return std::nullopt;
  }
  const bool in_range = output.classes >= 0 && output.class_axis >= 0 && output.class_axis < kMaxRank &&
                        output.total > 0 && std::isfinite(output.total) && output.ranked >= 0;
  if (!in_range) return std::nullopt;
  output.sums_to_one = sums_to_one != 0;
  output.reason = line;
  return output;
}

}  // namespace

std::string_view output_kind_name(OutputKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

std::vector<OutputScores> find_scores(const Graph& graph) {
  const std::vector<Numbers> numbers = follow_numbers(graph);
  const std::int64_t batch = batch_of(graph);
  std::vector<OutputScores> outputs;
  for (const ValueId id : graph.outputs) {
    outputs.push_back(describe_output(graph, id, numbers[static_cast<std::size_t>(id)], batch));
  }
  pair_ranked(graph, numbers, outputs);
  pair_activated(graph, numbers.size(), outputs);
  return outputs;
}

std::string scores_text(const std::vector<OutputScores>& outputs) {
  std::string text;
  for (const OutputScores& output : outputs) {
    text += std::string(output_kind_name(output.kind)) + ' ' + std::to_string(output.classes) + ' ' +
            std::to_string(output.class_axis) + (output.sums_to_one ? " 1 " : " 0 ") + shortest_text(output.total) +
            ' ' + std::to_string(output.ranked) + ' ' + std::to_string(output.partner) + ' ' + output.reason + '\n';
  }
  return text;
}

std::optional<std::vector<OutputScores>> parse_scores(std::string_view text) {
  std::vector<OutputScores> outputs;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto output = parse_line(text.substr(0, end));
    if (!output) return std::nullopt;
    outputs.push_back(*std::move(output));
    text.remove_prefix(end + 1);
  }
  const auto count = static_cast<int>(outputs.size());
  for (const OutputScores& output : outputs) {
    if (output.partner < -1 || output.partner >= count) return std::nullopt;
  }
  return outputs;
}

}  // namespace kite
