// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM: for each step, gates = f(W x + R h + biases), from which a cell makes its new hidden state h.
//   RNN   h = f(gate)
//   GRU   z, r = f(gates); n = g(W x + R (r h) + biases), or g(W x + biases + r (R h + bias)); h = (1 - z) n + z h
//   LSTM  i, o, f = f(gates + peepholes * c); c = f c + i g(gate); h = o h(c)
// As operators of passes, X W^T is computed before: x holds the sums of all gates and directions, and W is left out.
// Sums and states have the element type.
#include "ops/recurrent.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {

Recurrence read_recurrence(const Attributes& attributes, const Shape& x, const Shape& r) noexcept {
  Recurrence recurrence;
  recurrence.is_batch_first = attributes.get_int("layout", 0) != 0;
  recurrence.steps = x[recurrence.is_batch_first ? 1 : 0];
  recurrence.batch = x[recurrence.is_batch_first ? 0 : 1];
  recurrence.inputs = x[2];
  recurrence.hidden = r[2];
  const auto direction = attributes.get_string("direction", "forward");
  recurrence.directions = direction == "bidirectional" ? 2 : 1;
  recurrence.is_reverse = direction == "reverse";
  return recurrence;
}

namespace {

// Inputs after X, W and R.
enum Input : int { kBias = 3, kLengths = 4, kInitialH = 5, kInitialC = 6, kPeepholes = 7 };

constexpr int scratch_output(Cell cell) { return cell == Cell::kLstm ? 3 : 2; }

// Scratch of one direction and one entry of the batch: the members of States, in rows of `hidden` elements.
constexpr std::int64_t scratch_rows(Cell cell) { return 2 + gate_count(cell); }

Status check_attributes(const InferContext& context, Cell cell) {
  KITE_TRY_ASSIGN(const std::string direction, context.get_string("direction", "forward"));
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    return context.invalid("attribute 'direction' is \"" + direction +
                           "\", expected forward, reverse or bidirectional");
  }
  KITE_TRY_ASSIGN(const float clip, context.get_float("clip", 0));
  if (context.attributes().has("clip") && !(clip >= 0)) return context.invalid("attribute 'clip' is negative");
  KITE_TRY_ASSIGN(const std::int64_t layout, context.get_int("layout", 0));
  if (layout != 0 && layout != 1) return context.invalid("attribute 'layout' must be 0 or 1");
  KITE_TRY(context.get_int("linear_before_reset", 0));
  KITE_TRY(context.get_int("input_forget", 0));
  KITE_TRY_ASSIGN(const std::int64_t hidden, context.get_int("hidden_size", context.shape(2)[2]));
  if (hidden != context.shape(2)[2]) {
    return context.invalid("attribute 'hidden_size' is " + std::to_string(hidden) + ", the weights have " +
                           std::to_string(context.shape(2)[2]));
  }
  if (gate_functions(context.attributes(), cell, direction == "bidirectional" ? 1 : 0)) return {};
  return context.unsupported("attribute 'activations' names a function that is unknown or lacks its alpha and beta");
}

Status check_shape(const InferContext& context, int i, const char* name, std::span<const std::int64_t> expected) {
  if (!context.has_input(i)) return {};
  if (i != kLengths) KITE_TRY(context.require_same_dtype(0, i));
  if (std::ranges::equal(context.shape(i).dims(), expected)) return {};
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(expected));
  return context.invalid(std::string("input '") + name + "' has shape " + context.shape(i).to_string() + ", expected " +
                         shape.to_string());
}

Status check_shapes(const InferContext& context, const Recurrence& r, Cell cell) {
  const std::int64_t directions = r.directions, gates = gate_count(cell) * r.hidden;
  if (!context.has_input(1) && r.inputs != directions * gates) {
    return context.invalid("input has shape " + context.shape(0).to_string() + ", expected the sums of " +
                           std::to_string(directions * gates) + " gates");
  }
  KITE_TRY(check_shape(context, 1, "W", std::array{directions, gates, r.inputs}));
  KITE_TRY(check_shape(context, 2, "R", std::array{directions, gates, r.hidden}));
  KITE_TRY(check_shape(context, kBias, "B", std::array{directions, 2 * gates}));
  KITE_TRY(check_shape(context, kLengths, "sequence_lens", std::array{r.batch}));
  const std::array state{r.is_batch_first ? r.batch : directions, r.is_batch_first ? directions : r.batch, r.hidden};
  KITE_TRY(check_shape(context, kInitialH, "initial_h", state));
  KITE_TRY(check_shape(context, kInitialC, "initial_c", state));
  KITE_TRY(check_shape(context, kPeepholes, "P", std::array{directions, 3 * r.hidden}));
  if (context.has_input(kLengths) && context.input(kLengths).dtype != DType::kInt32) {
    return context.invalid("input 'sequence_lens' must be int32");
  }
  return {};
}

Status infer(InferContext& context, Cell cell) {
  const bool is_internal = context.node().domain == kInternalDomain;
  KITE_TRY(context.require_inputs(is_internal ? 1 : 3, cell == Cell::kLstm ? 8 : 6));
  KITE_TRY(context.require_float(0));
  if (context.has_input(1) == is_internal || !context.has_input(2)) return context.invalid("the inputs do not fit");
  for (const int i : {0, 1, 2}) {
    if (!context.has_input(i) || context.shape(i).rank() == 3) continue;
    return context.invalid("input " + std::to_string(i) + " has shape " + context.shape(i).to_string() +
                           ", expected rank 3");
  }
  KITE_TRY(check_attributes(context, cell));
  const Recurrence r = read_recurrence(context.attributes(), context.shape(0), context.shape(2));
  KITE_TRY(check_shapes(context, r, cell));
  const DType dtype = context.input(0).dtype;
  const std::int64_t directions = r.directions;
  context.set_products(((Checked(is_internal ? 0 : r.inputs) + r.hidden) * gate_count(cell)).capped());
  // Each state of the scratch is read and written in each step, for each of which its gates are sums.
  context.set_terms((Checked(r.inputs + r.hidden) * gate_count(cell) * std::max<std::int64_t>(r.steps, 1)).capped());
  const std::array state{r.is_batch_first ? r.batch : directions, r.is_batch_first ? directions : r.batch, r.hidden};
  context.need_output(0);
  KITE_TRY(context.need_scratch(scratch_output(cell)));
  KITE_TRY(context.set_output(0, dtype,
                              r.is_batch_first ? std::array{r.batch, r.steps, directions, r.hidden}
                                               : std::array{r.steps, directions, r.batch, r.hidden}));
  KITE_TRY(context.set_output(1, dtype, state));
  if (cell == Cell::kLstm) KITE_TRY(context.set_output(2, dtype, state));
  return context.set_output(scratch_output(cell), dtype, std::array{directions, r.batch, scratch_rows(cell), r.hidden});
}

// Partial sums of every 16th element, which compilers keep in vectors. A network with a GRU or an RNN spends its time
// here; an LSTM of the usual form has a kernel.
template <typename T>
double dot(const T* a, const T* b, std::int64_t count) {
  constexpr std::int64_t kLanes = 16;
  std::array<T, kLanes> sums{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      sums[static_cast<std::size_t>(lane)] += a[i + lane] * b[i + lane];
  }
  double sum = 0;
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return sum + static_cast<double>(sums[0]);
}

// One direction of a node, with its weights.
template <typename T>
struct Direction {
  std::int64_t inputs, hidden;
  const T* w;  // null where x holds the sums
  const T* r;
  const T* w_bias;  // null without biases, and the two below
  const T* r_bias;
  const T* peepholes;
  std::array<GateFunction, 3> functions;
  T clip;  // 0: none
  bool linear_before_reset, couples_input_and_forget;

  // The sums of unit `row` of all gates, of the input and of a hidden state.
  [[nodiscard]] double of_input(const T* x, std::int64_t row) const {
    return (w == nullptr ? static_cast<double>(x[row]) : dot(w + row * inputs, x, inputs)) +
           (w_bias == nullptr ? 0 : static_cast<double>(w_bias[row]));
  }
  [[nodiscard]] double of_hidden(const T* h, std::int64_t row) const {
    return dot(r + row * hidden, h, hidden) + (r_bias == nullptr ? 0 : static_cast<double>(r_bias[row]));
  }
  // Of the first `count` gates, each of all units.
  void sum_gates(const T* x, const T* h, std::int64_t count, T* sums) const {
    for (std::int64_t row = 0; row < count * hidden; ++row) {
      sums[row] = static_cast<T>(of_input(x, row) + of_hidden(h, row));
    }
  }
  void apply(std::size_t function, T* sums, std::int64_t count) const {
    for (std::int64_t j = 0; clip > 0 && j < count; ++j) sums[j] = std::clamp(sums[j], -clip, clip);
    functions[function](sums, count);
  }
};

// The states of one direction and one entry of the batch.
template <typename T>
struct States {
  T* h;      // before the step
  T* other;  // c of an LSTM, r h of a GRU
  T* gates;  // of all units, gate after gate
};

// h = f(gate)
template <typename T>
void step_rnn(const Direction<T>& d, const T* x, const States<T>& s, T* next) {
  d.sum_gates(x, s.h, 1, next);
  d.apply(0, next, d.hidden);
}

// z, r = f(gates); n = g(gate); h = (1 - z) n + z h
template <typename T>
void step_gru(const Direction<T>& d, const T* x, const States<T>& s, T* next) {
  const std::int64_t n = d.hidden;
  d.sum_gates(x, s.h, 2, s.gates);
  d.apply(0, s.gates, 2 * n);
  const T *z = s.gates, *reset = s.gates + n;
  T* fresh = s.gates + 2 * n;
  for (std::int64_t j = 0; j < n; ++j) s.other[j] = reset[j] * s.h[j];
  for (std::int64_t j = 0; j < n; ++j) {
    const std::int64_t row = 2 * n + j;
    const double recurrent =
        d.linear_before_reset ? static_cast<double>(reset[j]) * d.of_hidden(s.h, row) : d.of_hidden(s.other, row);
    fresh[j] = static_cast<T>(d.of_input(x, row) + recurrent);
  }
  d.apply(1, fresh, n);
  for (std::int64_t j = 0; j < n; ++j) next[j] = (1 - z[j]) * fresh[j] + z[j] * s.h[j];
}

// i, o, f = f(gates + peepholes * c); c = f c + i g(gate); h = o h(c)
template <typename T>
void step_lstm(const Direction<T>& d, const T* x, const States<T>& s, T* next) {
  const std::int64_t n = d.hidden;
  T *i = s.gates, *o = s.gates + n, *f = s.gates + 2 * n, *fresh = s.gates + 3 * n, *c = s.other;
  const auto peep = [&](std::int64_t gate, T* sums) {
    if (d.peepholes == nullptr) return;
    for (std::int64_t j = 0; j < n; ++j) sums[j] += d.peepholes[gate * n + j] * c[j];
  };
  d.sum_gates(x, s.h, 4, s.gates);
  peep(0, i);
  peep(2, f);
  d.apply(0, i, n);
  d.apply(0, f, n);
  d.apply(1, fresh, n);
  for (std::int64_t j = 0; j < n; ++j) {
    c[j] = (d.couples_input_and_forget ? 1 - i[j] : f[j]) * c[j] + i[j] * fresh[j];
    next[j] = c[j];
  }
  peep(1, o);
  d.apply(0, o, n);
  d.functions[2](next, n);
  for (std::int64_t j = 0; j < n; ++j) next[j] *= o[j];
}

template <typename T>
void step(Cell cell, const Direction<T>& d, const T* x, const States<T>& s, T* next) {
  switch (cell) {
    case Cell::kRnn: return step_rnn(d, x, s, next);
    case Cell::kGru: return step_gru(d, x, s, next);
    case Cell::kLstm: return step_lstm(d, x, s, next);
  }
}

template <typename T>
const T* operand(const ComputeContext& context, int i, std::int64_t offset) {
  return context.has_input(static_cast<std::size_t>(i)) ? context.inputs[static_cast<std::size_t>(i)].as<T>() + offset
                                                        : nullptr;
}

template <typename T>
Direction<T> direction_of(const ComputeContext& context, const Recurrence& r, Cell cell, int index) {
  const std::int64_t rows = gate_count(cell) * r.hidden;
  const T* bias = operand<T>(context, kBias, 2 * index * rows);
  return {r.inputs,
          r.hidden,
          operand<T>(context, 1, index * rows * r.inputs),
          context.inputs[2].as<T>() + index * rows * r.hidden,
          bias,
          bias == nullptr ? nullptr : bias + rows,
          cell == Cell::kLstm ? operand<T>(context, kPeepholes, 3 * index * r.hidden) : nullptr,
          gate_functions(context.attributes, cell, index).value_or(std::array<GateFunction, 3>{}),
          static_cast<T>(context.attributes.get_float("clip", 0)),
          context.attributes.get_int("linear_before_reset", 0) != 0,
          context.attributes.get_int("input_forget", 0) != 0};
}

// All steps of one direction for one entry of the batch.
template <typename T>
void run(const ComputeContext& context, const Recurrence& r, Cell cell, int index, std::int64_t b) {
  const Direction<T> direction = direction_of<T>(context, r, cell, index);
  T* scratch = context.outputs[scratch_output(cell)].as<T>() + (index * r.batch + b) * scratch_rows(cell) * r.hidden;
  const States<T> states{scratch, scratch + r.hidden, scratch + 2 * r.hidden};
  std::fill_n(scratch, scratch_rows(cell) * r.hidden, T{0});
  for (const auto& [input, state] : {std::pair(kInitialH, states.h), std::pair(kInitialC, states.other)}) {
    const T* initial = operand<T>(context, input, r.state_at(index, b));
    if (initial != nullptr) std::copy_n(initial, r.hidden, state);
  }
  const std::int64_t stated = context.has_input(kLengths) ? IndexView(context.inputs[kLengths])[b] : r.steps;
  const std::int64_t length = std::clamp<std::int64_t>(stated, 0, r.steps);
  const std::int64_t offset = direction.w == nullptr ? index * gate_count(cell) * r.hidden : 0;
  T* y = context.outputs[0].as<T>();
  const bool is_reverse = r.is_reverse || index == 1;
  for (std::int64_t i = 0; i < length; ++i) {
    const std::int64_t at = is_reverse ? length - 1 - i : i;
    T* next = y + r.y_at(at, index, b);
    step(cell, direction, context.inputs[0].as<T>() + r.x_at(at, b) + offset, states, next);
    std::copy_n(next, r.hidden, states.h);
  }
  for (std::int64_t i = length; i < r.steps; ++i) std::fill_n(y + r.y_at(i, index, b), r.hidden, T{0});
  if (context.has_output(1)) std::copy_n(states.h, r.hidden, context.outputs[1].as<T>() + r.state_at(index, b));
  if (cell == Cell::kLstm && context.has_output(2)) {
    std::copy_n(states.other, r.hidden, context.outputs[2].as<T>() + r.state_at(index, b));
  }
}

Status compute(const ComputeContext& context, Cell cell) {
  const Recurrence r = read_recurrence(context.attributes, context.inputs[0].type.shape, context.inputs[2].type.shape);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(r.directions * r.batch, 1);
    for (std::int64_t line = first; line < last; ++line) {
      run<T>(context, r, cell, static_cast<int>(line / r.batch), line % r.batch);
    }
    return {};
  });
}

template <Cell cell>
constexpr Operator recurrent(std::string_view domain, std::string_view name) {
  const bool is_internal = domain == kInternalDomain;
  return {domain,
          name,
          is_internal ? 0 : 7,
          is_internal ? 1000 : kLastOpset,
          "",
          [](InferContext& context) { return infer(context, cell); },
          [](const ComputeContext& context) { return compute(context, cell); },
          Sharing::kShared};
}

}  // namespace

extern constinit const Operator kGRUOperator = recurrent<Cell::kGru>("", "GRU");
extern constinit const Operator kInternalGRUOperator = recurrent<Cell::kGru>(kInternalDomain, "GRU");
extern constinit const Operator kInternalLSTMOperator = recurrent<Cell::kLstm>(kInternalDomain, "LSTM");
extern constinit const Operator kInternalRNNOperator = recurrent<Cell::kRnn>(kInternalDomain, "RNN");
extern constinit const Operator kLSTMOperator = recurrent<Cell::kLstm>("", "LSTM");
extern constinit const Operator kRNNOperator = recurrent<Cell::kRnn>("", "RNN");

}  // namespace kite
