// SPDX-License-Identifier: Apache-2.0
// The comparison of one picture: the stages before the model, then the values of its graph, and which step is at fault.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/verify/channels.h"
#include "cli/verify/difference.h"
#include "cli/verify/engine_values.h"
#include "cli/verify/oracle_graph.h"
#include "cli/verify/reference.h"
#include "image/recipe.h"
#include "image/stages.h"

namespace kite::cli {

// Of an output of the graph, in terms of its largest number. The engine's tests hold the scores of every network to the
// same bound (tests/models/comparison.py); float32 itself, in whatever order it adds, stays below a tenth of it.
inline constexpr double kOutputBound = 1e-4;
// All other values get ten times the bound: a value inside, such as a gate, may be a small rest of large sums. The
// worst of the test networks has 1.5e-4.
inline constexpr double kInnerFactor = 10.0;
// What one step alone may add, from exact inputs, gets a tenth of it. The worst of the test networks adds 2e-6.
inline constexpr double kStepFactor = 0.1;
// Of an input tensor: 4 units in the last place of its largest number, which is what three operations of float32 in
// another order can change. Pictures of 8 bits have no bound: they are equal or not.
inline constexpr double kTensorBound = 4.0 * 0x1p-23;
// Of values that the other program computed in half precision: 32 units in the last place of the largest number.
inline constexpr double kHalfUnits = 32.0;
// Of that, what one step may add: half precision rounds the result of a step once.
inline constexpr double kHalfShare = 1.0 / 16.0;

// Of the numbers of a quantised value, at most so many may be one step apart without being a difference: where the real
// number lies at a tie (k + 1/2), its last bits decide. They are uncertain to about 1e-4 of a step, so that a few in
// ten thousand are undecided. Where QuantizeLinear makes the value, its input tells which numbers are ties, and all of
// these may be one step apart.
inline constexpr double kTieShare = 1e-3;

enum class Agreement : std::uint8_t {
  kEqual,
  kWithinBound,
  kTies,  // quantised numbers one step apart, see kTieShare; or what follows from such ones alone
  kBeyond,
  kOtherType,
};

struct StageRow {
  PictureStage stage = PictureStage::kDecode;
  Agreement agreement = Agreement::kEqual;
  Tensor ours;
  Tensor theirs;
  Difference difference;               // where the shapes are the same
  std::optional<ChannelFit> channels;  // where it explains the difference
};

// One step alone, computed in double precision from the inputs of one side, against that side's own result.
struct StepCheck {
  bool is_at_fault = false;
  Difference difference;
  std::vector<std::int64_t> channels;  // along axis 1, where it is at fault
};

struct ValueRow {
  ValueId value = kNoValue;
  std::string name;
  std::string node;  // that makes it, in the file
  std::string node_op;
  std::string op;  // of the engine's step, which may be several nodes: "Conv+Relu"
  std::string kernel;
  TensorType ours;
  TensorType theirs;
  Agreement agreement = Agreement::kEqual;
  double bound = 0.0;  // relative to the largest number; 0 of integers
  Difference difference;
  // Only of a comparison that does not agree, of values that differ by more than a step may add, and where the inputs
  // of the step are known.
  std::optional<StepCheck> engine;
  std::optional<StepCheck> reference;
};

struct Comparison {
  std::string image;  // empty: seeded noise, or the recording's own input
  std::vector<StageRow> stages;
  std::vector<ValueRow> values;
  std::int64_t named_values = 0;    // that nodes of the file make
  std::int64_t hidden_values = 0;   // of them inside a step of the engine
  std::int64_t absent_values = 0;   // of the others: not on the other side
  std::int64_t foreign_values = 0;  // of the other side: not in the model

  [[nodiscard]] const StageRow* first_stage() const noexcept;  // that differs beyond its bound; null without one
  [[nodiscard]] const ValueRow* first_value() const noexcept;
  // The first value whose own step is at fault on either side; null where no step is.
  [[nodiscard]] const ValueRow* first_fault() const noexcept;
  [[nodiscard]] bool agrees() const noexcept { return first_stage() == nullptr && first_value() == nullptr; }
};

[[nodiscard]] bool is_beyond(Agreement agreement) noexcept;

// Every stage that both sides have.
[[nodiscard]] Result<std::vector<StageRow>> compare_stages(const PreprocessRecipe& recipe, const PictureStages& ours,
                                                           const Reference& theirs);

struct ValueSides {
  const OracleGraph& oracle;  // of the engine's model
  std::unordered_map<ValueId, EngineValue> ours;
  std::unordered_map<ValueId, Tensor> their_inputs;  // of the graph, as far as the other side has them
  Reference& theirs;
};
// Fills the part of `comparison` about values. `bound`: see kOutputBound. `advance` is told how many of how many values
// are compared.
[[nodiscard]] Status compare_values(const ValueSides& sides, double bound, Comparison& comparison,
                                    const std::function<void(std::size_t done, std::size_t of)>& advance);

}  // namespace kite::cli
