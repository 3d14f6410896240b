// SPDX-License-Identifier: Apache-2.0
// Sessions: right values, the same bits for any number of threads, no allocation, errors that leave them usable.
#include "runtime/session.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "kernels/targets.h"
#include "plan/lower/planner.h"
#include "plan/test_graph.h"

namespace {
std::atomic<bool> g_counting{false};
std::atomic<int> g_allocations{0};

// Out of line both: GCC would see new's memory go to free() and take it for a mistake.
[[gnu::noinline]] void* counted(std::size_t size, std::size_t alignment) {
  if (g_counting.load()) ++g_allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void released(void* memory) { std::free(memory); }
}  // namespace

// Every allocation of the C++ library in this program, on any thread.
void* operator new(std::size_t size) { return counted(size, 16); }
void* operator new[](std::size_t size) { return counted(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return counted(size, 16); }
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return counted(size, 16); }
void operator delete(void* memory) noexcept { released(memory); }
void operator delete[](void* memory) noexcept { released(memory); }
void operator delete(void* memory, std::size_t) noexcept { released(memory); }
void operator delete[](void* memory, std::size_t) noexcept { released(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { released(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { released(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { released(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { released(memory); }

namespace kite {
namespace {

std::shared_ptr<const Plan> plan_of(const Graph& graph, const Target& target = native_target()) {
  const Target all = fusing(target);
  auto plan = make_plan(graph, {.target = &all});
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return plan.ok() ? *plan : nullptr;
}

std::unique_ptr<PlanSession> session_of(std::shared_ptr<const Plan> plan, int threads = 1) {
  auto session = PlanSession::create(std::move(plan), threads);
  EXPECT_TRUE(session.ok()) << session.error().message();
  return session.ok() ? std::move(*session) : nullptr;
}

std::string bytes_of_outputs(const PlanSession& session) {
  std::string bytes;
  for (std::size_t i = 0; i < session.plan().outputs().size(); ++i) {
    const auto output = session.output(i).bytes();
    bytes.append(reinterpret_cast<const char*>(output.data()), output.size());
  }
  return bytes;
}

// Large enough that most of its steps are shared by several threads.
struct Prepared {
  Graph graph = every_family(8, 33);
  std::shared_ptr<const Plan> plan = plan_of(graph);
  std::vector<Tensor> tensors = inputs_of(graph);
  std::vector<TensorView> inputs = views_of(tensors);
};

TEST(Session, computes_what_the_interpreter_computes_on_every_instruction_set) {
  const Prepared p;
  const auto wanted = interpret(p.graph, p.inputs);
  ASSERT_TRUE(wanted.ok()) << wanted.error().message();
  for (const Target* target : all_targets()) {
    if (!native_target().includes(*target))
      continue;  // the kernels' own tests count missing instruction sets as skipped
    const auto session = session_of(plan_of(p.graph, *target), 2);
    ASSERT_TRUE(session->run(p.inputs).ok());
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      const Tensor& expected = (*wanted)[i];
      ASSERT_EQ(session->output(i).type, expected.type());
      for (std::int64_t e = 0; e < expected.shape().elements(); ++e) {
        // Values up to 5 after nine layers of at most 72 terms each: 1e-5 is some hundred roundings.
        ASSERT_NEAR(session->output(i).as<float>()[e], expected.as<float>()[e], 1e-5f)
            << target->name << ", output " << i << ", " << e;
      }
    }
  }
}

TEST(Session, gives_the_same_bits_for_any_number_of_threads_and_again) {
  const Prepared p;
  const auto shared =
      std::ranges::count_if(p.plan->steps(), [](const PlanStep& step) { return step.record->max_shares >= 2; });
  ASSERT_GE(shared, 5) << "threads are to have something to share";
  const auto alone = session_of(p.plan);
  ASSERT_TRUE(alone->run(p.inputs).ok());
  const std::string wanted = bytes_of_outputs(*alone);
  for (const int threads : {1, 2, 3, 5, 64}) {  // many more than there are processors, too
    const auto session = session_of(p.plan, threads);
    for (int repeat = 0; repeat < 10; ++repeat) {
      ASSERT_TRUE(session->run(p.inputs).ok());
      ASSERT_EQ(bytes_of_outputs(*session), wanted) << threads << " threads, repeat " << repeat;
    }
  }
}

TEST(Session, its_threads_do_other_work_between_runs_each_piece_once) {
  const Prepared p;
  for (const int threads : {1, 2, 3}) {
    const auto session = session_of(p.plan, threads);
    for (const std::size_t count : {0, 1, 2, 7, 100}) {
      std::vector<std::atomic<int>> done(count);
      session->share_out(count, [&](std::size_t i) { ++done[i]; });
      EXPECT_TRUE(std::ranges::all_of(done, [](const auto& times) { return times == 1; })) << threads << ", " << count;
      ASSERT_TRUE(session->run(p.inputs).ok());
    }
  }
}

TEST(Session, two_share_a_plan_from_two_threads_at_once) {
  const Prepared p;
  const auto alone = session_of(p.plan);
  ASSERT_TRUE(alone->run(p.inputs).ok());
  const std::string wanted = bytes_of_outputs(*alone);
  std::atomic<int> wrong{0};
  const auto work = [&] {
    const auto session = session_of(p.plan, 2);
    for (int repeat = 0; repeat < 15; ++repeat)
      wrong += !session->run(p.inputs).ok() || bytes_of_outputs(*session) != wanted;
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Session, run_allocates_nothing) {
  const Prepared p;
  int portable = 0;
  for (const PlanStep& step : p.plan->steps()) portable += step.kernel == nullptr;
  ASSERT_EQ(portable, 2) << "kernel steps and portable ones are to be seen";
  for (const int threads : {1, 3}) {
    const auto session = session_of(p.plan, threads);
    g_allocations = 0;
    g_counting = true;
    const bool ok = session->run(p.inputs).ok() && session->run(p.inputs).ok();
    g_counting = false;
    EXPECT_TRUE(ok);
    EXPECT_EQ(g_allocations.load(), 0) << threads << " threads";
  }
  g_counting = true;
  {
    const std::vector<int> proof(1);
  }
  g_counting = false;
  EXPECT_EQ(g_allocations.load(), 1) << "the counter counts";
}

std::string problem(PlanSession& session, std::vector<TensorView> inputs) {
  const Status status = session.run(inputs);
  return status.ok() ? "ok" : std::string(error_code_name(status.error().code)) + ": " + status.error().message();
}

TEST(Session, says_which_input_does_not_fit) {
  const Prepared p;
  const auto session = session_of(p.plan, 2);
  const Tensor wide(DType::kFloat32, Shape{2, 9, 9, 9});
  const Tensor narrow(DType::kInt32, Shape{3});
  EXPECT_EQ(problem(*session, {p.inputs[0]}), "invalid-input: the model has 2 inputs, 1 were given");
  EXPECT_EQ(problem(*session, {wide.view(), p.inputs[1]}),
            "invalid-input: expected float32[8,33,33,8], found float32[2,9,9,9]; input \"x\"");
  EXPECT_EQ(problem(*session, {p.inputs[0], narrow.view()}),
            "invalid-input: expected int64[3], found int32[3]; input \"rows\"");
  EXPECT_NE(problem(*session, {{p.inputs[0].type, nullptr}, p.inputs[1]}), "ok");
  EXPECT_EQ(problem(*session, p.inputs), "ok");
}

TEST(Session, an_index_out_of_range_names_its_node_and_leaves_the_session_usable) {
  const Prepared p;
  for (const int threads : {1, 3}) {
    const auto session = session_of(p.plan, threads);
    ASSERT_TRUE(session->run(p.inputs).ok());
    const std::string wanted = bytes_of_outputs(*session);
    for (const std::int64_t row : {std::int64_t{256}, std::int64_t{-257}, INT64_MAX, INT64_MIN}) {
      const Tensor rows = Tensor::of<std::int64_t>(Shape{3}, {0, row, 1});
      const std::string text = problem(*session, {p.inputs[0], rows.view()});
      EXPECT_NE(text.find("node \"Gather_"), std::string::npos) << text;
      EXPECT_NE(text.find("(Gather)"), std::string::npos) << text;
      ASSERT_TRUE(session->run(p.inputs).ok());
      EXPECT_EQ(bytes_of_outputs(*session), wanted);
    }
  }
}

// Rows of sines, picked by indices of which any may be wrong.
TEST(Session, shares_portable_steps_without_a_difference_in_bits_or_errors) {
  constexpr std::int64_t kRows = 6000;
  TestGraph g;
  const ValueId x = g.input("x", Shape{50, 333});
  const ValueId rows = g.input("rows", Shape{kRows}, DType::kInt64);
  const ValueId sine = g.node("Sin", 13, {x});
  const ValueId picked = g.node("Gather", 13, {sine, rows}, {{"axis", std::int64_t{0}}});
  const Graph graph = g.take({sine, g.node("ReduceSumSquare", 13, {picked}, {{"axes", TestGraph::Ints{1}}})});
  const auto plan = plan_of(graph);
  for (const PlanStep& step : plan->steps()) {
    ASSERT_EQ(step.kernel, nullptr) << "all are to be portable";
    EXPECT_GE(step.record->max_shares, 3u);
  }
  const std::vector<Tensor> tensors = inputs_of(graph);
  Tensor indices(DType::kInt64, Shape{kRows});
  for (std::int64_t i = 0; i < kRows; ++i) indices.as<std::int64_t>()[i] = i * 7 % 50;
  const std::vector<TensorView> inputs = {tensors[0].view(), indices.view()};
  const auto alone = session_of(plan);
  ASSERT_EQ(problem(*alone, inputs), "ok");
  const std::string wanted = bytes_of_outputs(*alone);
  for (const int threads : {2, 3}) {
    const auto session = session_of(plan, threads);
    for (int repeat = 0; repeat < 10; ++repeat) {
      ASSERT_EQ(problem(*session, inputs), "ok");
      ASSERT_EQ(bytes_of_outputs(*session), wanted) << threads << " threads";
    }
    Tensor wrong = Tensor::copy_of(indices.view());
    wrong.as<std::int64_t>()[kRows - 1] = 52;  // in the last share
    const std::vector<TensorView> late = {inputs[0], wrong.view()};
    EXPECT_EQ(problem(*session, late), problem(*alone, late));
    wrong.as<std::int64_t>()[1] = 51;  // in the first one, too
    EXPECT_EQ(problem(*session, late), problem(*alone, late));
    EXPECT_NE(problem(*session, late).find("index 51"), std::string::npos);
    EXPECT_EQ(problem(*session, inputs), "ok");
  }
}

// Two steps of one member, which do not meet the others in between, and shared ones around them: another member that
// did not wait would find what the run before left there.
TEST(Session, members_wait_for_what_one_of_them_computes_alone) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{300, 1000}), indices = g.ints({0, 1});
  const ValueId turned = g.node("Neg", 13, {x});
  const ValueId places = g.node("Reshape", 13, {indices, g.ints({1, 2})});
  const ValueId once = g.node("ScatterElements", 18, {turned, places, g.weights(Shape{1, 2})});
  const ValueId twice = g.node("ScatterElements", 18, {once, places, g.weights(Shape{1, 2})});
  const Graph graph = g.take({g.node("Neg", 13, {twice})});
  const auto plan = plan_of(graph);
  ASSERT_EQ(plan->steps().size(), 4u);
  for (const std::size_t i : {1, 2}) EXPECT_EQ(plan->steps()[i].record->max_shares, 1u);
  const auto one = session_of(plan), two = session_of(plan, 2);
  std::vector<Tensor> tensors = inputs_of(graph);
  for (int round = 0; round < 8; ++round) {
    for (std::int64_t i = 0; i < tensors[0].shape().elements(); ++i) tensors[0].as<float>()[i] += 1.0F;
    const std::vector<TensorView> views = views_of(tensors);
    ASSERT_TRUE(one->run(views).ok() && two->run(views).ok());
    ASSERT_EQ(bytes_of_outputs(*one), bytes_of_outputs(*two)) << "run " << round;
  }
}

TEST(Session, gives_back_inputs_constants_and_aliases_as_outputs) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{2, 3});
  const ValueId w = g.weights(Shape{4});
  const ValueId flat = g.node("Reshape", 13, {x, g.ints({6})});
  const ValueId doubled = g.node("Add", 13, {x, x});
  const ValueId again = g.node("Reshape", 13, {doubled, g.ints({3, 2})});
  const Graph graph = g.take({x, w, flat, doubled, again, doubled});
  const std::vector<Tensor> tensors = inputs_of(graph);
  const auto wanted = interpret(graph, views_of(tensors));
  ASSERT_TRUE(wanted.ok());
  const auto session = session_of(plan_of(graph), 2);
  for (int run = 0; run < 2; ++run) {
    const Tensor copy = Tensor::copy_of(tensors[0].view());  // at another address each time
    const TensorView view = copy.view();
    ASSERT_TRUE(session->run({&view, 1}).ok());
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      ASSERT_EQ(session->output(i).type, (*wanted)[i].type()) << i;
      EXPECT_EQ(std::memcmp(session->output(i).data, (*wanted)[i].view().data, session->output(i).bytes().size()), 0)
          << i;
    }
  }
}

TEST(Session, runs_a_plan_without_steps_and_one_without_elements) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{0, 3});
  const Graph graph =
      g.take({g.node("Relu", 13, {x}), g.node("Concat", 13, {x, g.weights(Shape{2, 3})}, {{"axis", std::int64_t{0}}})});
  const std::vector<Tensor> tensors = inputs_of(graph);
  const auto session = session_of(plan_of(graph), 2);
  EXPECT_EQ(problem(*session, views_of(tensors)), "ok");
  EXPECT_EQ(session->output(0).type.shape, (Shape{0, 3}));
  EXPECT_EQ(session->output(1).type.shape, (Shape{2, 3}));

  TestGraph empty;
  const ValueId y = empty.input("y", Shape{2});
  const Graph nothing = empty.take({y});
  const std::vector<Tensor> given = inputs_of(nothing);
  const auto idle = session_of(plan_of(nothing), 3);
  EXPECT_EQ(problem(*idle, views_of(given)), "ok");
  EXPECT_EQ(idle->output(0).data, given[0].view().data);
}

// False while results below the smallest normal number, or operands, are taken for zero.
bool denormals_count() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest / 2;
  return half != 0.0f;
}

TEST(Session, leaves_the_callers_floating_point_mode_as_it_was) {
  const Prepared p;
  const auto session = session_of(p.plan, 2);
  ASSERT_TRUE(denormals_count());
  ASSERT_TRUE(session->run(p.inputs).ok());
  EXPECT_TRUE(denormals_count());
  const Tensor rows = Tensor::of<std::int64_t>(Shape{3}, {999, 0, 0});
  ASSERT_FALSE(session->run(std::vector<TensorView>{p.inputs[0], rows.view()}).ok());
  EXPECT_TRUE(denormals_count());
  std::fesetround(FE_TOWARDZERO);  // the caller's business as well
  const bool ran = session->run(p.inputs).ok();
  const int after = std::fegetround();
  std::fesetround(FE_TONEAREST);
  EXPECT_TRUE(ran);
  EXPECT_EQ(after, FE_TOWARDZERO);
}

TEST(Session, keeps_float16_numbers_that_are_denormal_in_their_own_type_only) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{0x800}, DType::kFloat16);
  const Graph graph = g.take({g.node("Cast", 13, {x}, {{"to", std::int64_t{1}}})});
  Tensor halves(DType::kFloat16, Shape{0x800});
  for (std::int64_t i = 0; i < 0x800; ++i) {
    const std::int64_t sign = i < 0x400 ? 0 : 0x8000;
    halves.as<Float16>()[i].bits = static_cast<std::uint16_t>(sign + i % 0x400);
  }
  const auto session = session_of(plan_of(graph), 1);
  ASSERT_EQ(problem(*session, std::vector<TensorView>{halves.view()}), "ok");
  for (std::int64_t i = 0; i < 0x800; ++i) {
    const float units = static_cast<float>(i % 0x400) * 0x1p-24f;
    ASSERT_EQ(session->output(0).as<float>()[i], i < 0x400 ? units : -units) << i;
  }
}

TEST(Session, a_profiled_run_reports_every_step_once_and_in_order) {
  const Prepared p;
  for (const int threads : {1, 3}) {
    const auto session = session_of(p.plan, threads);
    std::vector<std::size_t> seen;
    const auto observe = [](void* context, std::size_t step, std::uint64_t) {
      static_cast<std::vector<std::size_t>*>(context)->push_back(step);
    };
    ASSERT_TRUE(session->run_profiled(p.inputs, observe, &seen).ok());
    ASSERT_EQ(seen.size(), p.plan->steps().size());
    for (std::size_t s = 0; s < seen.size(); ++s) EXPECT_EQ(seen[s], s);
    ASSERT_TRUE(session->run(p.inputs).ok());
    EXPECT_EQ(seen.size(), p.plan->steps().size()) << "a plain run has no observer";
  }
}

TEST(Session, costs_no_processor_time_between_runs) {
  const Prepared p;
  const auto session = session_of(p.plan, 4);
  ASSERT_TRUE(session->run(p.inputs).ok());
  const auto cpu_ns = [] {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  };
  // Workers that were still on their way to sleep when run() returned have had their turn after 20 ms.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto before = cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(cpu_ns() - before, 1'000'000);
}

TEST(Session, sixty_start_and_end_with_and_without_a_run) {
  Prepared p;
  const Graph small = every_family();
  p.plan = plan_of(small);
  p.tensors = inputs_of(small);
  p.inputs = views_of(p.tensors);
  for (int i = 0; i < 60; ++i) {
    const auto session = session_of(p.plan, 3);
    if (i % 3 != 0) {  // some never run
      ASSERT_TRUE(session->run(p.inputs).ok());
    }
  }
}

}  // namespace
}  // namespace kite
