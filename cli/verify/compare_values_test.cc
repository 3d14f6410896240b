// SPDX-License-Identifier: Apache-2.0
// Whose step is at fault: a value is changed on one side of an otherwise equal comparison.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/verify/comparison.h"
#include "cli/verify/engine_values.h"
#include "cli/verify/reference.h"

namespace kite::cli {
namespace {

constexpr const char* kModel = "models/regnet_x_400mf.onnx";
constexpr const char* kChanged = "relu_8";
constexpr std::int64_t kChannel = 5;

// The same graph in double precision as another program would record it: every number rounded to float32, and one of
// them changed where `changes`.
class RoundedReference : public Reference {
 public:
  RoundedReference(std::unique_ptr<Reference> exact, bool changes) : exact_(std::move(exact)), changes_(changes) {}
  std::string title() const override { return "a test"; }
  Result<std::optional<Tensor>> stage(PictureStage) const override { return std::optional<Tensor>(); }
  bool has(std::string_view name) const override { return exact_->has(name); }
  Result<TensorView> value(const std::string& name) override {
    auto exact = exact_->value(name);
    if (!exact.ok()) return exact;
    Tensor rounded(DType::kFloat32, exact->type.shape);
    const std::vector<double> numbers = read_numbers(*exact);
    for (std::size_t i = 0; i < numbers.size(); ++i) rounded.as<float>()[i] = static_cast<float>(numbers[i]);
    if (changes_ && name == kChanged) rounded.as<float>()[kChannel * rounded.shape().elements(2, 4)] += 1.0F;
    kept_.push_back(std::move(rounded));
    return kept_.back().view();
  }

 private:
  std::unique_ptr<Reference> exact_;
  bool changes_;
  std::vector<Tensor> kept_;
};

Comparison compared(bool change_ours, bool change_theirs) {
  auto engine = EngineValues::open(kModel, ModelOptions()).value();
  const EngineValues::Input& input = engine.inputs()[0];
  const auto oracle = OracleGraph::open(kModel, {{input.name, input.type.shape}}, {}, std::int64_t{1} << 32).value();
  Tensor x(input.type);
  for (std::int64_t i = 0; i < x.shape().elements(); ++i) x.as<float>()[i] = static_cast<float>(i % 251) * 0.01F - 1.0F;
  const TensorView view = x.view();
  auto values = engine.run({&view, 1}).value();
  if (change_ours) {
    Tensor& changed = values.at(oracle.find(kChanged).value()).tensor;
    changed.as<float>()[kChannel * changed.shape().elements(2, 4)] += 1.0F;
  }
  std::vector<Tensor> own;
  own.push_back(Tensor::copy_of(view));
  std::unordered_map<ValueId, Tensor> their_inputs;
  their_inputs.emplace(oracle.inputs()[0], Tensor::copy_of(view));
  RoundedReference reference(reference_of_graph(oracle, "", nullptr, std::move(own), nullptr), change_theirs);
  Comparison comparison;
  const Status done = compare_values({oracle, std::move(values), std::move(their_inputs), reference}, kOutputBound,
                                     comparison, [](std::size_t, std::size_t) {});
  EXPECT_TRUE(done.ok());
  return comparison;
}

TEST(CompareValues, of_the_same_graph_agree) {
  const Comparison comparison = compared(false, false);
  EXPECT_TRUE(comparison.agrees());
  EXPECT_GT(comparison.values.size(), 70U);
  EXPECT_EQ(comparison.named_values, static_cast<std::int64_t>(comparison.values.size()) + comparison.hidden_values);
}

TEST(CompareValues, name_the_engine_s_step_and_its_channel) {
  const Comparison comparison = compared(true, false);
  const ValueRow* const fault = comparison.first_fault();
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->name, kChanged);
  ASSERT_TRUE(fault->engine && fault->reference);
  EXPECT_TRUE(fault->engine->is_at_fault);
  EXPECT_FALSE(fault->reference->is_at_fault);
  EXPECT_EQ(fault->engine->channels, std::vector<std::int64_t>{kChannel});
}

TEST(CompareValues, name_the_other_side_s_step_and_its_channel) {
  const Comparison comparison = compared(false, true);
  const ValueRow* const fault = comparison.first_fault();
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->name, kChanged);
  ASSERT_TRUE(fault->engine && fault->reference);
  EXPECT_FALSE(fault->engine->is_at_fault);
  EXPECT_TRUE(fault->reference->is_at_fault);
  EXPECT_EQ(fault->reference->channels, std::vector<std::int64_t>{kChannel});
}

}  // namespace
}  // namespace kite::cli
