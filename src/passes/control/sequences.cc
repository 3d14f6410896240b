// SPDX-License-Identifier: Apache-2.0
// A sequence is the list of its tensors, an optional is its value: their operators leave nothing but tensors behind.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/control/resolvers.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

Result<std::vector<ValueId>> sequence_input(Sweep& sweep, NodeId id, std::size_t i) {
  const std::vector<ValueId>* const elements = sweep.sequence(sweep.input(id, i));
  if (elements == nullptr) return sweep.invalid(id, "input " + std::to_string(i) + " is no sequence");
  KITE_TRY(sweep.charge(id, elements->size()));
  return *elements;
}

// The position in input 1 or 2, from the end where it is negative; `fallback` where the input is left out.
Result<std::size_t> position(const Sweep& sweep, NodeId id, std::size_t i, std::size_t count, std::size_t fallback,
                             std::size_t last) {
  const ValueId input = sweep.input(id, i);
  std::int64_t at = static_cast<std::int64_t>(fallback);
  if (input != kNoValue) {
    const auto known = sweep.scalar(input);
    if (!known) {
      return sweep.unsupported(id, "the position is only known at run time",
                               "export the model with fixed shapes and fixed positions");
    }
    at = *known < 0 ? *known + static_cast<std::int64_t>(count) : *known;
  }
  if (at < 0 || std::cmp_greater(at, last) || last == std::size_t(-1)) {
    return sweep.invalid(
        id, "position " + std::to_string(at) + " lies outside a sequence of " + std::to_string(count) + " elements");
  }
  return static_cast<std::size_t>(at);
}

Status become_sequence(Sweep& sweep, NodeId id, std::vector<ValueId> elements) {
  sweep.set_sequence(sweep.node(id).outputs.front(), std::move(elements));
  sweep.remove(id);
  return {};
}

Status become_value(Sweep& sweep, NodeId id, ValueId value) {
  sweep.settle(id, 0, value);
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  return {};
}

bool has_output(const Sweep& sweep, NodeId id) {
  return sweep.node(id).outputs.size() == 1 && sweep.node(id).outputs.front() != kNoValue;
}

}  // namespace

Status resolve_sequence_construct(Sweep& sweep, NodeId id) {
  std::vector<ValueId> elements;
  for (std::size_t i = 0; i < sweep.node(id).inputs.size(); ++i) elements.push_back(sweep.input(id, i));
  if (!has_output(sweep, id) || std::ranges::find(elements, kNoValue) != elements.end()) {
    return sweep.invalid(id, "an element or the result is left out");
  }
  return become_sequence(sweep, id, std::move(elements));
}

Status resolve_sequence_empty(Sweep& sweep, NodeId id) {
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  return become_sequence(sweep, id, {});
}

Status resolve_sequence_insert(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(std::vector<ValueId> elements, sequence_input(sweep, id, 0));
  const ValueId element = sweep.input(id, 1);
  if (!has_output(sweep, id) || element == kNoValue) return sweep.invalid(id, "the tensor or the result is left out");
  KITE_TRY_ASSIGN(const std::size_t at, position(sweep, id, 2, elements.size(), elements.size(), elements.size()));
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(at), element);
  return become_sequence(sweep, id, std::move(elements));
}

Status resolve_sequence_erase(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(std::vector<ValueId> elements, sequence_input(sweep, id, 0));
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  KITE_TRY_ASSIGN(const std::size_t at,
                  position(sweep, id, 1, elements.size(), elements.size() - 1, elements.size() - 1));
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at));
  return become_sequence(sweep, id, std::move(elements));
}

Status resolve_sequence_at(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(const std::vector<ValueId> elements, sequence_input(sweep, id, 0));
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  KITE_TRY_ASSIGN(const std::size_t at, position(sweep, id, 1, elements.size(), 0, elements.size() - 1));
  return become_value(sweep, id, elements[at]);
}

Status resolve_sequence_length(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(const std::vector<ValueId> elements, sequence_input(sweep, id, 0));
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  return become_value(sweep, id, sweep.add_number(static_cast<std::int64_t>(elements.size())));
}

namespace {

// The sizes of the pieces of `length` elements. `split` may be one size for all of them; without it they have size 1.
Result<std::vector<std::int64_t>> piece_sizes(Sweep& sweep, NodeId id, ValueId split, std::int64_t length) {
  std::int64_t size = 1;
  if (split != kNoValue) {
    const auto sizes = int_constant(sweep.graph(), split);
    if (!sizes) return sweep.unsupported(id, "the sizes of the pieces are only known at run time");
    if (shape_of(sweep.graph(), split).rank() != 0) {
      KITE_TRY(sweep.charge(id, sizes->size()));
      return *sizes;
    }
    size = sizes->front();
    if (size < 1) return sweep.invalid(id, "pieces of size " + std::to_string(size));
  }
  const std::int64_t count = length / size + (length % size != 0 ? 1 : 0);
  KITE_TRY(sweep.charge(id, static_cast<std::size_t>(count)));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(count), size);
  if (length % size != 0) sizes.back() = length % size;
  return sizes;
}

ValueId add_numbers(Sweep& sweep, const std::vector<std::int64_t>& numbers) {
  Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(numbers.size())});
  std::ranges::copy(numbers, tensor.as<std::int64_t>());
  return sweep.graph().add_constant("numbers", std::move(tensor));
}

}  // namespace

Status resolve_split_to_sequence(Sweep& sweep, NodeId id) {
  const ValueId whole = sweep.input(id, 0);
  const ValueId split = sweep.input(id, 1);
  if (whole == kNoValue || !has_output(sweep, id)) return sweep.invalid(id, "the tensor or the result is left out");
  const Shape shape = shape_of(sweep.graph(), whole);
  std::int64_t axis = sweep.node(id).attributes.get_int("axis", 0);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) return sweep.invalid(id, "an axis outside the tensor");
  // The specification ignores keepdims where there is a split. PyTorch writes unbind() with a split of 1 and without
  // the axis, and ONNX Runtime reads it so.
  const bool is_unbound = split == kNoValue || (shape_of(sweep.graph(), split).rank() == 0 && sweep.scalar(split) == 1);
  const bool squeezes = is_unbound && sweep.node(id).attributes.get_int("keepdims", 1) == 0;
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> sizes, piece_sizes(sweep, id, split, shape[static_cast<int>(axis)]));
  std::vector<ValueId> pieces;
  if (!sizes.empty()) {
    Node node = make_node("Split", kWrittenOpset, {whole, add_numbers(sweep, sizes)});
    node.attributes.set("axis", axis);
    pieces = sweep.add_many(id, std::move(node), sizes.size());
  }
  if (squeezes) {
    KITE_TRY(sweep.charge(id, sizes.size(), true));
    const ValueId axes = add_numbers(sweep, {axis});
    for (ValueId& piece : pieces) piece = sweep.add(id, make_node("Squeeze", kWrittenOpset, {piece, axes}));
  }
  sweep.set_sequence(sweep.node(id).outputs.front(), std::move(pieces));
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  return {};
}

Status resolve_concat_from_sequence(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(std::vector<ValueId> elements, sequence_input(sweep, id, 0));
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  if (elements.empty()) return sweep.invalid(id, "the sequence has no elements");
  for (ValueId& element : elements) element = sweep.current(element);
  const std::int64_t axis = sweep.node(id).attributes.get_int("axis", 0);
  const ValueId output = sweep.node(id).outputs.front();
  if (sweep.node(id).attributes.get_int("new_axis", 0) != 0) {
    KITE_TRY(sweep.charge(id, elements.size(), true));
    sweep.stack(id, elements, axis, output);
  } else {
    Node node = make_node("Concat", kWrittenOpset, std::move(elements));
    node.attributes.set("axis", axis);
    (void)sweep.add(id, std::move(node), output);
  }
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  return {};
}

Status resolve_optional(Sweep& sweep, NodeId id) {
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  sweep.set_optional(sweep.node(id).outputs.front(), sweep.input(id, 0));
  sweep.remove(id);
  return {};
}

// Since opset 18 the input may also be a tensor or a sequence, which always has an element: itself.
Status resolve_optional_get_element(Sweep& sweep, NodeId id) {
  const ValueId input = sweep.input(id, 0);
  if (input == kNoValue || !has_output(sweep, id)) return sweep.invalid(id, "the optional or the result is left out");
  const ValueId* const value = sweep.optional(input);
  if (value != nullptr && *value == kNoValue) return sweep.invalid(id, "the optional is empty");
  return become_value(sweep, id, value == nullptr ? input : sweep.current(*value));
}

Status resolve_optional_has_element(Sweep& sweep, NodeId id) {
  if (!has_output(sweep, id)) return sweep.invalid(id, "the result is left out");
  const ValueId input = sweep.input(id, 0);
  const ValueId* const value = sweep.optional(input);
  return become_value(sweep, id, sweep.add_flag(value == nullptr ? input != kNoValue : *value != kNoValue));
}

}  // namespace kite
