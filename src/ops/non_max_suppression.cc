// SPDX-License-Identifier: Apache-2.0
// NonMaxSuppression: of each class, the boxes with the best scores, without those that overlap a better one too much.
// How many there are decides the output's shape, so boxes and scores must be constant.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// One rectangle by its corners, the lower one first.
struct Box {
  double top, left, bottom, right;
  [[nodiscard]] double area() const { return (bottom - top) * (right - left); }
};

// How much two boxes share, from 0 to 1.
double overlap(const Box& a, const Box& b) {
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (!(height > 0 && width > 0) || !(a.area() > 0 && b.area() > 0)) return 0;
  const double shared = height * width;
  return shared / (a.area() + b.area() - shared);
}

// Reads the inputs, which may lie unaligned.
template <typename T>
class Selection {
 public:
  explicit Selection(std::span<const TensorView> inputs, bool by_centre)
      : boxes_(inputs[0].data),
        scores_(inputs[1].data),
        by_centre_(by_centre),
        batch_(inputs[0].type.shape[0]),
        classes_(inputs[1].type.shape[1]),
        count_(inputs[0].type.shape[1]) {
    const auto given = [&](std::size_t i) { return i < inputs.size() && inputs[i].data != nullptr; };
    if (given(2)) std::memcpy(&most_, inputs[2].data, sizeof most_);
    if (given(3)) overlap_ = element(inputs[3].data, 0);
    if (given(4)) least_score_ = element(inputs[4].data, 0);
  }

  // [batch, class, box] of each selected box; `out` has room for `room` of them. Returns how many there are.
  std::int64_t run(std::int64_t* out, std::int64_t room) const {
    std::int64_t selected = 0;
    for (std::int64_t line = 0; line < batch_ * classes_; ++line) {
      std::int64_t* first = out + selected * 3;
      std::int64_t kept = 0;
      // The boxes come by falling score, and by their position where scores are equal.
      for (std::int64_t box = after(line, -1); box >= 0 && kept < most_ && selected < room; box = after(line, box)) {
        const Box candidate = box_at(line / classes_, box);
        bool is_free = true;
        for (std::int64_t k = 0; is_free && k < kept; ++k) {
          is_free = !(overlap(candidate, box_at(line / classes_, first[k * 3 + 2])) > overlap_);
        }
        if (!is_free) continue;
        const std::int64_t row[3] = {line / classes_, line % classes_, box};
        std::memcpy(first + kept++ * 3, row, sizeof row);
        ++selected;
      }
    }
    return selected;
  }

 private:
  static double element(const std::byte* data, std::int64_t i) {
    T value{};
    std::memcpy(&value, data + i * static_cast<std::int64_t>(sizeof value), sizeof value);
    return static_cast<double>(value);
  }

  [[nodiscard]] Box box_at(std::int64_t picture, std::int64_t box) const {
    double v[4];
    for (std::int64_t k = 0; k < 4; ++k) v[k] = element(boxes_, (picture * count_ + box) * 4 + k);
    if (by_centre_) return {v[1] - v[3] / 2, v[0] - v[2] / 2, v[1] + v[3] / 2, v[0] + v[2] / 2};
    return {std::min(v[0], v[2]), std::min(v[1], v[3]), std::max(v[0], v[2]), std::max(v[1], v[3])};
  }

  // The next box of a line after `box` (-1: the first), -1 at the end.
  [[nodiscard]] std::int64_t after(std::int64_t line, std::int64_t box) const {
    const double above = box < 0 ? std::numeric_limits<double>::infinity() : element(scores_, line * count_ + box);
    std::int64_t best = -1;
    double best_score = 0;
    for (std::int64_t i = 0; i < count_; ++i) {
      const double score = element(scores_, line * count_ + i);
      if (!(score > least_score_) || (box >= 0 && !(score < above || (score == above && i > box)))) continue;
      if (best >= 0 && !(score > best_score)) continue;
      best = i;
      best_score = score;
    }
    return best;
  }

  const std::byte* boxes_;
  const std::byte* scores_;
  bool by_centre_;
  std::int64_t batch_, classes_, count_;
  std::int64_t most_ = 0;
  double overlap_ = 0;
  double least_score_ = -std::numeric_limits<double>::infinity();
};

// Inputs, whether they are there or not, with their names.
constexpr std::string_view kNames[] = {"boxes", "scores", "max_output_boxes_per_class", "iou_threshold",
                                       "score_threshold"};

Status check_inputs(const InferContext& context) {
  KITE_TRY(context.require_inputs(2, 5));
  KITE_TRY(context.require_float(0));
  for (const int i : {1, 3, 4}) {
    if (context.has_input(i)) KITE_TRY(context.require_same_dtype(0, i));
  }
  for (const int i : {2, 3, 4}) {
    if (context.has_input(i) && context.shape(i).elements() != 1) {
      return context.invalid("input '" + std::string(kNames[i]) + "' must hold one number");
    }
  }
  const Shape& boxes = context.shape(0);
  const Shape& scores = context.shape(1);
  if (boxes.rank() == 3 && scores.rank() == 3 && boxes[2] == 4 && boxes[0] == scores[0] && boxes[1] == scores[2]) {
    return {};
  }
  return context.invalid("boxes " + boxes.to_string() + " do not fit scores " + scores.to_string());
}

// The number of boxes is found by selecting them, here already: that must stay below what constants may cost.
constexpr std::int64_t kMostSteps = std::int64_t{1} << 28;

Status infer(InferContext& context) {
  KITE_TRY(check_inputs(context));
  KITE_TRY_ASSIGN(const std::int64_t by_centre, context.get_int("center_point_box", 0));
  std::vector<TensorView> inputs;
  for (int i = 0; i < context.input_count(); ++i) {
    inputs.emplace_back();
    if (!context.has_input(i)) continue;
    KITE_TRY_ASSIGN(inputs.back(), context.shaping_value(i, kNames[i]));
  }
  std::int64_t most = 0;
  if (context.has_input(2)) {
    KITE_TRY_ASSIGN(most, context.constant_int(2, kNames[2]));
    if (context.input(2).dtype != DType::kInt64) return context.invalid("input 'max_output_boxes_per_class' is int32");
  }
  const std::int64_t boxes = context.shape(0)[1];
  const std::int64_t lines = context.shape(1).elements(0, 2);
  const std::int64_t room = lines * std::clamp<std::int64_t>(most, 0, boxes);
  const std::int64_t steps = (Checked(lines) * boxes * boxes).capped();
  if (steps > kMostSteps) {
    return Error{ErrorCode::kLimit,
                 std::to_string(lines) + " times " + std::to_string(boxes) + " boxes are too many to select from",
                 {},
                 "choose the boxes before the model is exported"};
  }
  std::int64_t selected = 0;
  KITE_TRY(dispatch(FloatTypes{}, context.input(0).dtype, [&]<typename T>() -> Status {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(room) * 3);
    selected = Selection<T>(inputs, by_centre != 0).run(rows.data(), room);
    return {};
  }));
  context.set_terms(ceil_div(steps, std::max<std::int64_t>(selected * 3, 1)));
  return context.set_output(0, DType::kInt64, std::vector<std::int64_t>{selected, 3});
}

Status compute(const ComputeContext& context) {
  const bool by_centre = context.attributes.get_int("center_point_box", 0) != 0;
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    Selection<T>(context.inputs, by_centre)
        .run(context.outputs[0].as<std::int64_t>(), context.outputs[0].type.shape[0]);
    return {};
  });
}

}  // namespace

extern constinit const Operator kNonMaxSuppressionOperator = {
    "", "NonMaxSuppression", 10, kLastOpset, "all inputs must be constant", infer, compute};

}  // namespace kite
