// SPDX-License-Identifier: Apache-2.0
// All steps of an LSTM, some entries of the batch at a time: their gates are one product of their states and R.
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/lstm/lstm_params.h"
#include "kernels/simd/activation.inl"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// One direction of a call. Lines are entries of the batch; all distances are in floats.
struct LstmDirection {
  std::int64_t hidden, steps;
  bool is_reverse;
  const float* x;
  const float* r;
  const float* w_bias;  // null without biases, and the one below
  const float* r_bias;
  const float* first_h;  // null for zeros, and the one below
  const float* first_c;
  float* y;
  float* last_h;  // null where nobody reads it, and the one below
  float* last_c;
  std::int64_t x_line, x_step, y_line, y_step, state_line;
  float* inputs;  // scratch: [kLstmLines, 4 * hidden], the gates without the products with h
  float* gates;   // scratch: the same with them
  float* c;       // scratch: [kLstmLines, hidden]
};

static LstmDirection lstm_direction(const KernelCall& call, std::int64_t index) {
  const LstmParams& p = *static_cast<const LstmParams*>(call.params);
  const std::int64_t hidden = p.hidden, directions = p.directions, gates = 4 * hidden;
  const bool batch_first = p.is_batch_first != 0;
  const std::int64_t between_directions = batch_first ? hidden : p.batch * hidden;  // in y and in states
  const auto in = [&call](int i, std::int64_t offset) {
    return call.in[i] == nullptr ? nullptr : static_cast<const float*>(call.in[i]) + offset;
  };
  const auto out = [&call](int i, std::int64_t offset) {
    return call.out[i] == nullptr ? nullptr : static_cast<float*>(call.out[i]) + offset;
  };
  auto* scratch = static_cast<float*>(call.scratch);
  return {.hidden = hidden,
          .steps = p.steps,
          .is_reverse = index == 1 || p.is_reverse != 0,
          .x = in(0, index * gates),
          .r = in(1, index * packed_width(gates) * hidden),
          .w_bias = in(2, index * 2 * gates),
          .r_bias = in(2, index * 2 * gates + gates),
          .first_h = in(3, index * between_directions),
          .first_c = in(4, index * between_directions),
          .y = out(0, index * between_directions),
          .last_h = out(1, index * between_directions),
          .last_c = out(2, index * between_directions),
          .x_line = (batch_first ? p.steps : 1) * directions * gates,
          .x_step = (batch_first ? 1 : p.batch) * directions * gates,
          .y_line = (batch_first ? p.steps * directions : 1) * hidden,
          .y_step = (batch_first ? 1 : p.batch) * directions * hidden,
          .state_line = (batch_first ? directions : 1) * hidden,
          .inputs = scratch,
          .gates = scratch + kLstmLines * gates,
          .c = scratch + 2 * kLstmLines * gates};
}

// f(at, lanes) for each vector of `count` floats.
template <typename F>
static inline __attribute__((always_inline)) void each_vector(std::int64_t count, F f) {
  std::int64_t at = 0;
  for (; at + Vec::kLanes <= count; at += Vec::kLanes) f(at, Vec::kLanes);
  if (at < count) f(at, static_cast<int>(count - at));
}
static inline Vec load_some(const float* p, int lanes) { return lanes == Vec::kLanes ? load(p) : load_n(p, lanes); }
static inline void store_some(float* p, Vec value, int lanes) {
  if (lanes == Vec::kLanes) {
    store(p, value);
  } else {
    store_n(p, value, lanes);
  }
}

static void copy_lines(const float* from, std::int64_t from_line, float* to, std::int64_t to_line, std::int64_t lines,
                       std::int64_t hidden) {
  for (; lines > 0; --lines, from += from_line, to += to_line) {
    each_vector(hidden, [=](std::int64_t at, int lanes) { store_some(to + at, load_some(from + at, lanes), lanes); });
  }
}

// x and the biases.
static void add_biases(const LstmDirection& d, const float* x, std::int64_t lines) {
  float* to = d.inputs;
  for (std::int64_t line = 0; line < lines; ++line, x += d.x_line, to += 4 * d.hidden) {
    each_vector(4 * d.hidden, [&](std::int64_t at, int lanes) {
      Vec sum = load_some(x + at, lanes);
      if (d.w_bias != nullptr) sum = add(sum, add(load_some(d.w_bias + at, lanes), load_some(d.r_bias + at, lanes)));
      store_some(to + at, sum, lanes);
    });
  }
}

static void add_products(const LstmDirection& d, const float* h, std::int64_t h_line, std::int64_t lines) {
  RowsCall rows = {};
  rows.x = h;
  rows.w = d.r;
  rows.y = d.gates;
  rows.rows = lines;
  rows.depth = d.hidden;
  rows.columns = 4 * d.hidden;
  rows.x_stride = h_line;
  rows.y_stride = 4 * d.hidden;
  rows.last_panel = panel_count(panel_cut(rows.columns, Vec::kLanes, kTuning));
  rows.epilogue.residual = d.inputs;
  multiply_rows(rows);
}

// c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c)
static void finish_step(const LstmDirection& d, const float* all_gates, float* h, std::int64_t lines) {
  const std::int64_t n = d.hidden;
  for (std::int64_t line = 0; line < lines; ++line) {
    const float* gates = all_gates + line * 4 * n;
    float* c = d.c + line * n;
    float* to = h + line * d.y_line;
    each_vector(n, [=](std::int64_t at, int lanes) {
      const Vec i = sigmoid(load_some(gates + at, lanes)), o = sigmoid(load_some(gates + n + at, lanes));
      const Vec f = sigmoid(load_some(gates + 2 * n + at, lanes)), fresh = tanh(load_some(gates + 3 * n + at, lanes));
      const Vec state = mul_add(f, load_some(c + at, lanes), mul(i, fresh));
      store_some(c + at, state, lanes);
      store_some(to + at, mul(o, tanh(state)), lanes);
    });
  }
}

static void run_lines(const LstmDirection& d, std::int64_t first, std::int64_t lines) {
  const std::int64_t n = d.hidden;
  if (d.first_c == nullptr) {
    for (std::int64_t i = 0; i < lines * n; ++i) d.c[i] = 0.0f;
  } else {
    copy_lines(d.first_c + first * d.state_line, d.state_line, d.c, n, lines, n);
  }
  const float* h = d.first_h == nullptr ? nullptr : d.first_h + first * d.state_line;
  std::int64_t h_line = d.state_line;
  for (std::int64_t i = 0; i < d.steps; ++i) {
    const std::int64_t step = d.is_reverse ? d.steps - 1 - i : i;
    add_biases(d, d.x + first * d.x_line + step * d.x_step, lines);
    if (h != nullptr) add_products(d, h, h_line, lines);
    float* const next = d.y + first * d.y_line + step * d.y_step;
    finish_step(d, h == nullptr ? d.inputs : d.gates, next, lines);
    h = next;
    h_line = d.y_line;
  }
  if (d.last_h != nullptr) copy_lines(h, h_line, d.last_h + first * d.state_line, d.state_line, lines, n);
  if (d.last_c != nullptr) copy_lines(d.c, n, d.last_c + first * d.state_line, d.state_line, lines, n);
}

// Shares are runs of lines, counted over both directions.
void lstm_f32(const KernelCall& call);
void lstm_f32(const KernelCall& call) {
  const LstmParams& p = *static_cast<const LstmParams*>(call.params);
  const Range lines = share(p.batch * p.directions, call.share, call.shares);
  for (std::int64_t line = lines.begin; line < lines.end;) {
    const std::int64_t index = line / p.batch, first = line - index * p.batch;
    std::int64_t count = lines.end - line;
    if (count > p.batch - first) count = p.batch - first;
    if (count > kLstmLines) count = kLstmLines;
    run_lines(lstm_direction(call, index), first, count);
    line += count;
  }
}

}  // namespace kite::KITE_TARGET
