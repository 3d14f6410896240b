// SPDX-License-Identifier: Apache-2.0
// Steps that a run leaves out: which ones the planner guards, that their results are as if all had run, and that guards
// from a hostile plan cannot do more than that.
#include "plan/lower/guards.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plan/lower/planner.h"
#include "plan/test_graph.h"
#include "runtime/session.h"

namespace kite {
namespace {

using plan_format::Header;
using plan_format::Step;

std::shared_ptr<const Plan> plan_of(const Graph& graph) {
  auto plan = make_plan(graph, {});
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return plan.ok() ? *plan : nullptr;
}

// Two choices, one in the taken side of the other, and a value that both sides of the outer one read. `b` chooses only
// where `a` is true.
struct Choices {
  TestGraph g;
  ValueId a = g.input("a", Shape{}, DType::kBool);
  ValueId b = g.input("b", Shape{1}, DType::kBool);
  ValueId x = g.input("x", Shape{4});
  ValueId shared = g.node("Softsign", 17, {x});
  ValueId inner_true = g.node("Sinh", 17, {shared});
  ValueId inner_false = g.node("Cosh", 17, {shared});
  ValueId inner = g.node("Where", 17, {b, inner_true, inner_false});
  ValueId outer_true = g.node("Atan", 17, {inner});
  ValueId outer_false = g.node("Asinh", 17, {shared});
  Graph graph = g.take({g.node("Where", 17, {a, outer_true, outer_false})});
};

// Each step's operator, in order: those that run with a digit for how often they are guarded, else in brackets.
std::string steps_of(PlanSession& session, bool a, bool b) {
  const Tensor ta = Tensor::of<bool>(Shape{}, {a});
  const Tensor tb = Tensor::of<bool>(Shape{1}, {b});
  const Tensor tx = Tensor::of<float>(Shape{4}, {0.5F, -0.25F, 2.F, 0.F});
  const Status done = session.run(std::vector<TensorView>{ta.view(), tb.view(), tx.view()});
  if (!done.ok()) return done.error().message();
  std::string text;
  for (std::size_t s = 0; s < session.plan().steps().size(); ++s) {
    const std::string op(session.plan().text(session.plan().steps()[s].record->op));
    text += (text.empty() ? "" : " ") + (session.runs(s) ? op : "(" + op + ")");
  }
  return text;
}

TEST(Guards, leave_out_what_only_the_other_side_needs) {
  const Choices choices;
  const auto plan = plan_of(choices.graph);
  ASSERT_NE(plan, nullptr);
  for (const int threads : {1, 2}) {
    auto session = PlanSession::create(plan, threads);
    ASSERT_TRUE(session.ok());
    EXPECT_EQ(steps_of(**session, true, true), "Softsign Sinh (Cosh) Where Atan (Asinh) Where");
    EXPECT_EQ(steps_of(**session, true, false), "Softsign (Sinh) Cosh Where Atan (Asinh) Where");
    EXPECT_EQ(steps_of(**session, false, true), "Softsign (Sinh) (Cosh) (Where) (Atan) Asinh Where");
    EXPECT_EQ(steps_of(**session, false, false), "Softsign (Sinh) (Cosh) (Where) (Atan) Asinh Where");
  }
}

TEST(Guards, change_no_answer) {
  const Choices choices;
  auto session = PlanSession::create(plan_of(choices.graph), 2);
  ASSERT_TRUE(session.ok());
  const Tensor x = Tensor::of<float>(Shape{4}, {0.5F, -0.25F, 2.F, 0.F});
  for (const bool a : {true, false, true}) {
    for (const bool b : {false, true}) {
      const Tensor ta = Tensor::of<bool>(Shape{}, {a});
      const Tensor tb = Tensor::of<bool>(Shape{1}, {b});
      const std::vector<TensorView> inputs = {ta.view(), tb.view(), x.view()};
      ASSERT_TRUE((*session)->run(inputs).ok());
      const auto judge = interpret(choices.graph, inputs);
      ASSERT_TRUE(judge.ok()) << judge.error().message();
      const TensorView found = (*session)->output(0);
      for (int i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(found.as<float>()[i], (*judge)[0].as<float>()[i]) << a << b << i;
    }
  }
}

TEST(Guards, two_results_of_one_choice_share_the_work_behind_them) {
  TestGraph g;
  const ValueId q = g.input("q", Shape{}, DType::kBool);
  const ValueId b = g.input("b", Shape{1}, DType::kBool);
  const ValueId x = g.input("x", Shape{4});
  const ValueId work = g.node("Sinh", 17, {x});
  const ValueId first = g.node("Where", 17, {q, g.node("Atan", 17, {work}), x});
  const ValueId second = g.node("Where", 17, {q, g.node("Cosh", 17, {work}), x});
  const Graph graph = g.take({first, second, g.node("Not", 17, {b})});
  auto session = PlanSession::create(plan_of(graph), 1);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(steps_of(**session, true, true), "Sinh Atan Where Cosh Where Not");
  EXPECT_EQ(steps_of(**session, false, true), "(Sinh) (Atan) Where (Cosh) Where Not");
}

// The condition is computed from the value that the choice would guard: it must be computed first.
TEST(Guards, what_the_condition_needs_always_runs) {
  TestGraph g;
  const ValueId a = g.input("a", Shape{}, DType::kBool);
  const ValueId b = g.input("b", Shape{1}, DType::kBool);
  const ValueId x = g.input("x", Shape{4});
  const ValueId before = g.node("Sinh", 17, {x});
  const ValueId any = g.node("ReduceMax", 17, {g.node("Atan", 17, {before})}, {{"keepdims", std::int64_t{0}}});
  const ValueId condition = g.node("And", 17, {g.node("Less", 17, {any, g.number(0.F)}), a});
  const ValueId after = g.node("Cosh", 17, {before});
  const Graph graph = g.take({g.node("Where", 17, {condition, after, x}), g.node("Not", 17, {b})});
  auto session = PlanSession::create(plan_of(graph), 1);
  ASSERT_TRUE(session.ok());
  const std::string steps = steps_of(**session, true, true);
  EXPECT_TRUE(steps.starts_with("Sinh Atan ")) << steps;
  EXPECT_TRUE(steps.ends_with("(Cosh) Where Not")) << steps;
}

TEST(Guards, of_a_hostile_plan_are_refused_or_only_leave_steps_out) {
  const Choices choices;
  const auto plan = plan_of(choices.graph);
  ASSERT_NE(plan, nullptr);
  const std::size_t count = plan->steps().size();
  int opened = 0;
  int refused = 0;
  for (std::size_t s = 0; s < count; ++s) {
    for (const std::uint32_t guard : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 1000U, ~0U}) {
      for (const std::uint32_t side : {0U, 1U, 2U, 3U}) {
        auto buffer = PlanBuffer::allocate(plan->bytes().size());
        ASSERT_TRUE(buffer.ok());
        std::memcpy(buffer->bytes().data(), plan->bytes().data(), plan->bytes().size());
        auto* const steps = reinterpret_cast<Step*>(
            buffer->bytes().data() + reinterpret_cast<const Header*>(buffer->bytes().data())->steps.offset);
        steps[s].guard = guard;
        steps[s].guard_side = side;
        const auto changed = Plan::open(std::move(*buffer));
        const bool is_choice = guard == 3 || guard == count - 1;
        const bool is_sound = guard == 0 || (guard > s && is_choice && (side == 1 || side == 2));
        EXPECT_EQ(changed.ok(), is_sound) << s << ' ' << guard << ' ' << side;
        changed.ok() ? ++opened : ++refused;
        if (!changed.ok()) continue;
        auto session = PlanSession::create(*changed, 2);
        ASSERT_TRUE(session.ok());
        EXPECT_NE(steps_of(**session, true, false), "");
      }
    }
  }
  EXPECT_GT(opened, 20);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace kite
