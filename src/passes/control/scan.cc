// SPDX-License-Identifier: Apache-2.0
// Scan: a copy of the body for each slice of its scanned inputs. Opset 8 scans each picture of a batch for itself.
#include <algorithm>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/control/resolvers.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr int kFirstWithoutBatch = 9;

// What the node and the types of its inputs say.
struct ScanForm {
  bool has_batch = false;
  std::size_t first = 0;  // input that is the first state
  std::size_t states = 0;
  std::size_t scanned = 0;
  std::size_t collected = 0;
  std::int64_t batches = 1;
  std::int64_t length = 0;
  std::vector<std::int64_t> axes;  // of the scanned inputs
};

std::int64_t at(std::span<const std::int64_t> list, std::size_t i) { return i < list.size() ? list[i] : 0; }

Status read_lengths(Sweep& sweep, NodeId id, ScanForm& form) {
  const auto stated = sweep.node(id).attributes.get_ints("scan_input_axes");
  for (std::size_t k = 0; k < form.scanned; ++k) {
    const ValueId input = sweep.input(id, form.first + form.states + k);
    if (input == kNoValue || !sweep.graph().value(input).type) return sweep.invalid(id, "a scanned input is no tensor");
    const Shape& shape = shape_of(sweep.graph(), input);
    std::int64_t axis = form.has_batch ? 1 : at(stated, k);
    if (axis < 0) axis += shape.rank();
    if (axis < 0 || axis >= shape.rank()) return sweep.invalid(id, "a scan axis lies outside its input");
    const std::int64_t length = shape[static_cast<int>(axis)];
    if (k > 0 && length != form.length) {
      return sweep.invalid(
          id, "scanned inputs of length " + std::to_string(form.length) + " and " + std::to_string(length));
    }
    form.length = length;
    if (form.has_batch) form.batches = shape[0];
    form.axes.push_back(axis);
  }
  return {};
}

Result<ScanForm> form_of(Sweep& sweep, NodeId id, const Body& body) {
  const Node& node = sweep.node(id);
  ScanForm form;
  form.has_batch = node.opset < kFirstWithoutBatch;
  form.first = form.has_batch ? 1 : 0;
  const std::size_t inputs = own_inputs(node);
  const std::int64_t scanned = node.attributes.get_int("num_scan_inputs", 0);
  if (scanned < 1 || std::cmp_greater(scanned, inputs) || form.first + static_cast<std::size_t>(scanned) > inputs) {
    return sweep.invalid(id, "num_scan_inputs does not fit its inputs");
  }
  form.scanned = static_cast<std::size_t>(scanned);
  form.states = inputs - form.first - form.scanned;
  if (body.outputs.size() < form.states || node.outputs.size() > body.outputs.size()) {
    return sweep.invalid(id, "the outputs of its graph do not fit its states");
  }
  form.collected = body.outputs.size() - form.states;
  if (form.has_batch && sweep.input(id, 0) != kNoValue) {
    return sweep.unsupported(id, "sequences of different lengths in one batch are not supported");
  }
  KITE_TRY(read_lengths(sweep, id, form));
  return form;
}

ValueId slice(Sweep& sweep, NodeId id, ValueId value, std::int64_t index, std::int64_t axis) {
  Node node = make_node("Gather", kWrittenOpset, {value, sweep.add_number(index)});
  node.attributes.set("axis", axis);
  return sweep.add(id, std::move(node));
}

void take_results(const Sweep& sweep, const ScanForm& form, Iterations& scan) {
  for (std::size_t i = 0; i < form.states; ++i) scan.state[i] = sweep.current(scan.results[i]);
  for (std::size_t k = 0; k < form.collected; ++k) {
    scan.collected[k].push_back(sweep.current(scan.results[form.states + k]));
  }
  ++scan.done;
  scan.is_running = false;
  if (scan.done % form.length != 0) return;
  for (std::size_t i = 0; i < form.states; ++i) scan.finals[i].push_back(scan.state[i]);
}

// Collected values of all pictures, each along axis 0 of its picture.
void stack_pictures(Sweep& sweep, NodeId id, const ScanForm& form, const std::vector<ValueId>& values, ValueId output) {
  std::vector<ValueId> pictures;
  for (std::int64_t b = 0; b < form.batches; ++b) {
    const auto rows =
        std::span(values).subspan(static_cast<std::size_t>(b * form.length), static_cast<std::size_t>(form.length));
    const ValueId picture = sweep.graph().add_value(sweep.node(id).name + "/picture");
    sweep.stack(id, rows, 0, picture);
    pictures.push_back(picture);
  }
  sweep.stack(id, pictures, 0, output);
}

Status finish(Sweep& sweep, NodeId id, const ScanForm& form, Iterations& scan) {
  const std::vector<ValueId> outputs = sweep.node(id).outputs;
  const auto is_wanted = [&](std::size_t i) { return i < outputs.size() && outputs[i] != kNoValue; };
  const auto axes = sweep.node(id).attributes.get_ints("scan_output_axes");
  const auto directions = sweep.node(id).attributes.get_ints("scan_output_directions");
  for (std::size_t i = 0; i < form.states; ++i) {
    if (!is_wanted(i)) continue;
    if (form.has_batch) {
      KITE_TRY(sweep.charge(id, scan.finals[i].size(), true));
      sweep.stack(id, scan.finals[i], 0, outputs[i]);
    } else {
      sweep.settle(id, i, scan.state[i]);
    }
  }
  for (std::size_t k = 0; k < form.collected; ++k) {
    if (!is_wanted(form.states + k)) continue;
    const ValueId output = outputs[form.states + k];
    KITE_TRY(sweep.charge(id, scan.collected[k].size(), true));
    if (form.has_batch) {
      stack_pictures(sweep, id, form, scan.collected[k], output);
      continue;
    }
    if (at(directions, k) != 0) std::ranges::reverse(scan.collected[k]);
    sweep.stack(id, scan.collected[k], at(axes, k), output);
  }
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  sweep.forget_iterations(id);
  return {};
}

}  // namespace

Status resolve_scan(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(const Body* const body, sweep.body(id, "body"));
  KITE_TRY_ASSIGN(const ScanForm form, form_of(sweep, id, *body));
  if (form.length == 0 || form.batches == 0) return sweep.unsupported(id, "a scan over no elements is not supported");
  const bool is_new = !sweep.has_iterations(id);
  Iterations& scan = sweep.iterations(id);
  if (is_new) {
    scan.collected.resize(form.collected);
    scan.finals.resize(form.states);
    for (std::size_t i = 0; i < form.states; ++i) scan.state.push_back(sweep.input(id, form.first + i));
  }
  if (scan.is_running) take_results(sweep, form, scan);
  if (scan.done == form.batches * form.length) return finish(sweep, id, form, scan);

  const std::int64_t picture = scan.done / form.length;
  const std::int64_t step = scan.done % form.length;
  if (form.has_batch && step == 0) {
    for (std::size_t i = 0; i < form.states; ++i) {
      scan.state[i] = slice(sweep, id, sweep.input(id, form.first + i), picture, 0);
    }
  }
  std::vector<ValueId> values = scan.state;
  const auto directions = sweep.node(id).attributes.get_ints(form.has_batch ? "directions" : "scan_input_directions");
  for (std::size_t k = 0; k < form.scanned; ++k) {
    ValueId whole = sweep.input(id, form.first + form.states + k);
    if (form.has_batch) whole = slice(sweep, id, whole, picture, 0);
    const std::int64_t index = at(directions, k) != 0 ? form.length - 1 - step : step;
    values.push_back(slice(sweep, id, whole, index, form.has_batch ? 0 : form.axes[k]));
  }
  KITE_TRY_ASSIGN(Instance instance, sweep.instantiate(id, *body, values, std::to_string(scan.done)));
  scan.results = std::move(instance.outputs);
  scan.is_running = true;
  std::vector<NodeId> nodes = sweep.take_added();
  nodes.insert(nodes.end(), instance.nodes.begin(), instance.nodes.end());
  sweep.queue(nodes, id);
  return {};
}

}  // namespace kite
