// SPDX-License-Identifier: Apache-2.0
// Raw tensors of shapes that differ from call to call, on many threads and after a fork.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "api/test_model.h"
#include "base/compute_slots.h"
#include "base/test_child.h"
#include "onnx/message_builder.h"
#include "paperkite/pool.h"

namespace kite {
namespace {

namespace t = onnx::test;

// A number, or a symbol.
t::Message stated_value(const std::string& name, const std::vector<std::string>& dims) {
  t::Message shape;
  for (const std::string& dim : dims) {
    const bool is_number = dim.find_first_not_of("0123456789") == std::string::npos;
    shape.message(1, is_number ? t::Message().integer(1, std::stoll(dim)) : t::Message().text(2, dim));
  }
  return t::Message().text(1, name).message(
      2, t::Message().message(1, t::Message().integer(1, onnx::kFloat).message(2, shape)));
}

// ids [batch,length] and mask [batch,length], none of them a picture -> y [batch,length] = ids * mask, s [batch,1], its
// mean along the length.
std::string sequences() {
  t::GraphParts parts;
  parts.nodes = {
      t::node("Mul", {"ids", "mask"}, {"y"}),
      t::node("ReduceMean", {"y"}, {"s"}, {t::ints_attribute("axes", {1}), t::int_attribute("keepdims", 1)})};
  parts.inputs = {stated_value("ids", {"batch", "length"}), stated_value("mask", {"batch", "length"})};
  parts.outputs = {stated_value("y", {"batch", "length"}), stated_value("s", {"batch", "1"})};
  return t::model(t::graph(parts)).message(14, t::Message().text(1, "author").text(2, "somebody")).bytes();
}

// A convolution over a picture of any size, its weights, and the mean of its two planes.
std::string convolution(const std::vector<std::string>& dims = {"n", "3", "h", "w"}) {
  std::vector<float> weights(54);
  std::iota(weights.begin(), weights.end(), -20.0F);
  t::GraphParts parts;
  parts.nodes = {t::node("Conv", {"x", "w", "b"}, {"c"}, {t::ints_attribute("pads", {1, 1, 1, 1})}),
                 t::node("GlobalAveragePool", {"c"}, {"y"})};
  parts.initializers = {t::float_tensor("w", {2, 3, 3, 3}, weights), t::float_tensor("b", {2}, {0.5F, -0.5F})};
  parts.inputs = {stated_value("x", dims)};
  parts.outputs = {stated_value("y", {dims[0], "2", "1", "1"})};
  return t::model(t::graph(parts)).bytes();
}

Tensor counted(const Shape& shape) {
  Tensor tensor(DType::kFloat32, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) tensor.as<float>()[i] = static_cast<float>(i % 17) * 0.25F;
  return tensor;
}

std::vector<float> floats(const Tensor& tensor) {
  return {tensor.as<float>(), tensor.as<float>() + tensor.shape().elements()};
}

std::vector<std::string> stated(const Port& port) {
  std::vector<std::string> dims;
  for (const Dimension& dim : port.dims) dims.push_back(dim.size ? std::to_string(*dim.size) : std::string(dim.symbol));
  return dims;
}

class SessionPoolTest : public FolderTest {
 protected:
  ~SessionPoolTest() override { EXPECT_TRUE(set_compute_threads(0).ok()); }
  SessionPoolOptions options() const {
    SessionPoolOptions options;
    options.model.cache_dir = cache();
    return options;
  }
  SessionPool open(const std::string& bytes, const SessionPoolOptions& with) {
    auto pool = SessionPool::open(write("m.onnx", bytes), with);
    EXPECT_TRUE(pool.ok()) << pool.error().message();
    return *std::move(pool);
  }
  static Result<std::vector<Tensor>> run(const SessionPool& pool, const std::vector<Shape>& shapes) {
    std::vector<Tensor> tensors;
    std::vector<TensorView> views;
    for (const Shape& shape : shapes) views.push_back(tensors.emplace_back(counted(shape)).view());
    return pool.run(views);
  }
  // Of a Model that was opened for this shape.
  std::vector<float> alone(const std::string& bytes, const Shape& shape) {
    ModelOptions with = options().model;
    with.use_cache = false;
    with.input_shapes = {{"x", shape}};
    const auto model = Model::open(write("alone.onnx", bytes), with);
    EXPECT_TRUE(model.ok()) << model.error().message();
    auto session = Session::create(*model, {.threads = 1});
    const Tensor x = counted(shape);
    const TensorView view = x.view();
    EXPECT_TRUE(session->run({&view, 1}).ok());
    return floats(Tensor::copy_of(session->output(0)));
  }
};

TEST_F(SessionPoolTest, dimensions_that_are_none_of_a_pictures_wait_for_the_run) {
  const std::string model = sequences();
  for (const bool in_memory : {false, true}) {
    const auto pool = in_memory ? SessionPool::open(std::as_bytes(std::span(model)), options())
                                : SessionPool::open(write("m.onnx", model), options());
    ASSERT_TRUE(pool.ok()) << pool.error().message();
    ASSERT_EQ(pool->inputs().size(), 2u);
    EXPECT_EQ(pool->inputs()[1].name, "mask");
    EXPECT_EQ(stated(pool->inputs()[1]), (std::vector<std::string>{"batch", "length"}));
    EXPECT_EQ(stated(pool->outputs()[1]), (std::vector<std::string>{"batch", "1"}));
    EXPECT_EQ(pool->inputs()[0].type.dtype, DType::kFloat32);
    EXPECT_EQ(pool->metadata().at("author"), "somebody");
    for (const Shape& shape : {Shape{1, 4}, Shape{2, 9}, Shape{5, 1}, Shape{1, 4}}) {
      const auto outputs = run(*pool, {shape, shape});
      ASSERT_TRUE(outputs.ok()) << outputs.error().message();
      EXPECT_EQ((*outputs)[0].shape(), shape);
      EXPECT_EQ((*outputs)[1].shape(), (Shape{shape[0], 1}));
      const std::vector<float> ids = floats(counted(shape));
      for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(floats((*outputs)[0])[i], ids[i] * ids[i]);
    }
  }
}

TEST_F(SessionPoolTest, shapes_that_do_not_fit_what_the_model_states_are_refused_with_both) {
  const SessionPool pool = open(sequences(), options());
  const auto problem = [&](const std::vector<Shape>& shapes) {
    const auto outputs = run(pool, shapes);
    return outputs.ok() ? "ok" : std::string(error_code_name(outputs.error().code)) + ": " + outputs.error().message();
  };
  EXPECT_EQ(problem({{2, 3}}), "invalid-input: the model has 2 inputs, 1 were given");
  EXPECT_EQ(problem({{2, 3, 1}, {2, 3}}),
            "invalid-input: the model states float32[batch,length], found float32[2,3,1]; input \"ids\"");
  EXPECT_EQ(problem({{2, 3}, {2, 4}}),
            "invalid-input: the model states float32[batch,length], found float32[2,4], and \"length\" is already 3; "
            "input \"mask\"");
  const SessionPool pictures = open(convolution(), options());
  EXPECT_NE(run(pictures, {{1, 4, 8, 8}}).error().message().find("[n,3,h,w], found float32[1,4,8,8]"),
            std::string::npos);
  const Tensor ints(DType::kInt32, {1, 3, 8, 8});
  const TensorView view = ints.view();
  EXPECT_EQ(pictures.run({&view, 1}).error().code, ErrorCode::kInvalidInput);
  TensorView nothing = view;
  nothing.type.dtype = DType::kFloat32;
  nothing.data = nullptr;
  EXPECT_EQ(pictures.run({&nothing, 1}).error().code, ErrorCode::kInvalidInput);
}

TEST_F(SessionPoolTest, tensors_without_elements_need_no_address) {
  const SessionPool pool = open(sequences(), options());
  const TensorView none{{DType::kFloat32, {0, 4}}, nullptr};
  const auto outputs = pool.run(std::vector{none, none});
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  EXPECT_EQ((*outputs)[0].shape(), (Shape{0, 4}));
  EXPECT_TRUE(run(pool, {{1, 4}, {1, 4}}).ok());
  const auto pictures = run(open(convolution(), options()), {{0, 3, 8, 8}});
  ASSERT_TRUE(pictures.ok()) << pictures.error().message();
  EXPECT_EQ((*pictures)[0].shape(), (Shape{0, 2, 1, 1}));
}

TEST_F(SessionPoolTest, wanted_outputs_come_in_the_order_in_which_they_are_wanted) {
  const SessionPool pool = open(sequences(), options());
  const Tensor x = counted({2, 3});
  const std::vector<TensorView> views = {x.view(), x.view()};
  const std::vector<std::size_t> both = {1, 0};
  const auto outputs = pool.run(views, both);
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ((*outputs)[0].shape(), (Shape{2, 1}));
  EXPECT_EQ((*outputs)[1].shape(), (Shape{2, 3}));
  const std::vector<std::size_t> third = {2};
  EXPECT_EQ(pool.run(views, third).error().code, ErrorCode::kUsage);
}

TEST_F(SessionPoolTest, many_threads_with_many_shapes_get_the_bits_of_a_model_of_that_shape) {
  ASSERT_TRUE(set_compute_threads(3).ok());
  const std::vector<Shape> shapes = {{1, 3, 8, 8}, {1, 3, 16, 12}, {2, 3, 9, 9}, {1, 3, 1, 1}, {3, 3, 32, 32}};
  const std::string model = convolution();
  std::vector<std::vector<float>> wanted;
  for (const Shape& shape : shapes) wanted.push_back(alone(model, shape));
  for (const int most : {1, 2, 8}) {
    SessionPoolOptions few = options();
    few.max_plans = most;
    const SessionPool pool = open(model, few);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 16; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < 20; ++i) {
          const std::size_t at = (i / 2 + thread) % shapes.size();
          const auto outputs = run(pool, {shapes[at]});
          if (!outputs.ok() || floats((*outputs)[0]) != wanted[at]) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(compute_slot_use().most_in_use, 3);
    EXPECT_EQ(compute_slot_use().in_use, 0);
  }
}

TEST_F(SessionPoolTest, a_child_that_is_forked_while_other_threads_run_goes_on_with_the_pool) {
  if (!kMayForkAmongThreads) GTEST_SKIP() << "skipped: the sanitizer is not made for it";
  ASSERT_TRUE(set_compute_threads(2).ok());
  const std::string model = convolution();
  const std::vector<Shape> shapes = {{1, 3, 8, 8}, {1, 3, 16, 12}, {2, 3, 9, 9}};
  std::vector<std::vector<float>> wanted;
  for (const Shape& shape : shapes) wanted.push_back(alone(model, shape));
  SessionPoolOptions few = options();
  few.max_plans = 2;
  const SessionPool pool = open(model, few);
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      while (!end) static_cast<void>(run(pool, {shapes[thread]}));
    });
  }
  for (int round = 0; round < 20; ++round) {
    const int code = exit_code_of_child([&] {
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        const auto outputs = run(pool, {shapes[i]});
        if (!outputs.ok() || floats((*outputs)[0]) != wanted[i]) return false;
      }
      return true;
    });
    EXPECT_EQ(code, 0);
    if (code != 0) break;
  }
  end = true;
  for (std::thread& thread : threads) thread.join();
}

// Afterwards the system refuses to start threads; false where it cannot be told to.
bool refuse_threads() {
  const auto refuse = [](std::uint32_t number) {
    return std::array<sock_filter, 2>{sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                                      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN)};
  };
  const auto clone = refuse(__NR_clone);
  const auto clone3 = refuse(__NR_clone3);
  std::array<sock_filter, 6> program = {sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                        clone[0],
                                        clone[1],
                                        clone3[0],
                                        clone3[1],
                                        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// The session of the parent was made for two threads: their shares of each step fall to one.
TEST_F(SessionPoolTest, a_child_that_gets_no_threads_gives_the_same_answer_alone) {
  if (exit_code_of_child(refuse_threads) != 0) GTEST_SKIP() << "skipped: the system keeps no filter of calls";
  ASSERT_TRUE(set_compute_threads(2).ok());
  const Shape shape{1, 3, 256, 256};
  const std::string model = convolution();
  const std::vector<float> wanted = alone(model, shape);
  const SessionPool pool = open(model, options());
  EXPECT_EQ(floats(run(pool, {shape})->front()), wanted);
  EXPECT_EQ(compute_slot_use().most_in_use, 2) << "not worth two threads: the test shows nothing";
  const Tensor nothing(DType::kFloat32, shape);
  const TensorView view = nothing.view();
  ASSERT_TRUE(pool.run({&view, 1}).ok()) << "so that no memory holds the answer";
  const int code = exit_code_of_child([&] {
    if (!refuse_threads()) return false;
    for (int round = 0; round < 2; ++round) {
      const auto outputs = run(pool, {shape});
      if (!outputs.ok() || floats((*outputs)[0]) != wanted) return false;
    }
    return true;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(SessionPoolTest, a_fixed_model_and_a_plan_take_their_own_shape_only) {
  const SessionPool fixed = open(convolution({"1", "3", "8", "8"}), options());
  EXPECT_TRUE(run(fixed, {{1, 3, 8, 8}}).ok());
  EXPECT_EQ(run(fixed, {{2, 3, 8, 8}}).error().code, ErrorCode::kInvalidInput);

  ModelOptions of_plan = options().model;
  of_plan.input_shapes = {{"x", Shape{2, 3, 8, 8}}};
  const auto model = Model::open(write("m.onnx", convolution()), of_plan);
  ASSERT_TRUE(model.ok());
  const auto plan = SessionPool::open(model->plan_bytes(), options());
  ASSERT_TRUE(plan.ok()) << plan.error().message();
  EXPECT_TRUE(run(*plan, {{2, 3, 8, 8}}).ok());
  const auto other = run(*plan, {{1, 3, 8, 8}});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidInput);
  EXPECT_NE(other.error().message().find("made for [2,3,8,8], found [1,3,8,8]"), std::string::npos);
}

TEST_F(SessionPoolTest, a_model_file_that_changes_is_no_source_of_another_plan) {
  const SessionPool pool = open(convolution(), options());
  ASSERT_TRUE(run(pool, {{1, 3, 8, 8}}).ok());
  std::filesystem::resize_file(folder_ / "m.onnx", 100);
  EXPECT_TRUE(run(pool, {{1, 3, 8, 8}}).ok()) << "the plan that is there needs no file";
  const auto other = run(pool, {{1, 3, 9, 9}});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kIo);
  EXPECT_NE(other.error().message().find("changed since it was opened"), std::string::npos);
  std::filesystem::remove(folder_ / "m.onnx");
  EXPECT_EQ(run(pool, {{1, 3, 10, 9}}).error().code, ErrorCode::kIo);
}

// A shape that still has its plan needs no file.
TEST_F(SessionPoolTest, the_plan_that_was_used_least_recently_is_dropped_first) {
  SessionPoolOptions two = options();
  two.max_plans = 2;
  const SessionPool pool = open(convolution(), two);
  const Shape a{1, 3, 8, 8}, b{1, 3, 9, 9}, c{2, 3, 9, 9};
  for (const Shape& shape : {a, b, a, c}) ASSERT_TRUE(run(pool, {shape}).ok());
  std::filesystem::remove(folder_ / "m.onnx");
  EXPECT_TRUE(run(pool, {a}).ok());
  EXPECT_TRUE(run(pool, {c}).ok());
  EXPECT_EQ(run(pool, {b}).error().code, ErrorCode::kIo);
}

TEST_F(SessionPoolTest, opening_refuses_what_a_model_refuses) {
  t::GraphParts parts;
  parts.nodes = {t::node("Frobnicate", {"x"}, {"y"})};
  parts.inputs = {stated_value("x", {"n", "m"})};
  parts.outputs = {stated_value("y", {"n", "m"})};
  const auto unknown = SessionPool::open(write("u.onnx", t::model(t::graph(parts)).bytes()), options());
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(unknown.error().message().find("Frobnicate"), std::string::npos);
  EXPECT_EQ(SessionPool::open(folder_ / "gone.onnx").error().code, ErrorCode::kIo);
  SessionPoolOptions none = options();
  none.max_plans = 0;
  EXPECT_EQ(SessionPool::open(write("m.onnx", convolution()), none).error().code, ErrorCode::kUsage);
}

TEST_F(SessionPoolTest, what_the_file_says_of_itself_is_kept_in_its_plan) {
  for (const char* const batch : {"1", "n", "h"}) {  // "h": a second open dimension, so that no plan is made at first
    t::GraphParts parts;
    parts.nodes = {t::node("Mul", {"x", "factor"}, {"y"})};
    parts.initializers = {t::float_tensor("factor", {1, 2}, {2.0F, 3.0F})};
    parts.inputs = {stated_value("x", {batch, batch[0] == 'h' ? "w" : "2"}), stated_value("factor", {"1", "2"})};
    parts.outputs = {stated_value("y", {batch, "2"})};
    const std::string model = t::model(t::graph(parts).text(10, "of the graph"))
                                  .text(2, "an exporter")
                                  .text(3, "1.0")
                                  .text(4, "a.domain")
                                  .integer(5, 7)
                                  .text(6, "of the model\nin two lines")
                                  .bytes();
    for (int opened = 0; opened < 2; ++opened) {  // the second time from the cache
      const SessionPool pool = open(model, options());
      EXPECT_EQ(pool.about().producer_name, "an exporter");
      EXPECT_EQ(pool.about().graph_name, "test");
      EXPECT_EQ(pool.about().domain, "a.domain");
      EXPECT_EQ(pool.about().version, 7);
      EXPECT_EQ(pool.about().description, "of the model\nin two lines");
      EXPECT_EQ(pool.about().graph_description, "of the graph");
      EXPECT_TRUE(pool.metadata().empty());
      ASSERT_EQ(pool.inputs().size(), 1u);
      ASSERT_EQ(pool.inputs_with_default().size(), 1u);
      EXPECT_EQ(pool.inputs_with_default()[0].name, "factor");
      EXPECT_EQ(stated(pool.inputs_with_default()[0]), (std::vector<std::string>{"1", "2"}));
      const auto outputs = run(pool, {{1, 2}});
      ASSERT_TRUE(outputs.ok()) << outputs.error().message();
      EXPECT_EQ(floats((*outputs)[0]), (std::vector<float>{0.0F, 0.75F}));
    }
    SessionPoolOptions given = options();
    given.model.input_shapes = {{"x", Shape{1, 2}}, {"factor", Shape{1, 2}}};
    const SessionPool pool = open(model, given);
    ASSERT_EQ(pool.inputs().size(), 2u);
    EXPECT_EQ(pool.inputs()[1].name, "factor");
    EXPECT_TRUE(pool.inputs_with_default().empty());
    const auto outputs = run(pool, {{1, 2}, {1, 2}});
    ASSERT_TRUE(outputs.ok()) << outputs.error().message();
    EXPECT_EQ(floats((*outputs)[0]), (std::vector<float>{0.0F, 0.0625F}));
  }
}

}  // namespace
}  // namespace kite
