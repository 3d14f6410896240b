// SPDX-License-Identifier: Apache-2.0
// Models opened from ONNX bytes, from the cache and from plan files, and what each refuses.
#include "paperkite/model.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/internals.h"
#include "api/test_model.h"
#include "kernels/targets.h"
#include "paperkite/session.h"
#include "plan/format/plan_file.h"
#include "plan/source/cache.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

class ModelTest : public FolderTest {
 protected:
  ModelOptions options() const {
    ModelOptions options;
    options.cache_dir = cache();
    return options;
  }
  Model open(const std::string& path, const ModelOptions& with) {
    auto model = Model::open(path, with);
    EXPECT_TRUE(model.ok()) << model.error().message();
    return std::move(*model);
  }
  static std::string problem(const std::string& path, const ModelOptions& with) {
    const auto model = Model::open(path, with);
    return model.ok() ? "ok" : std::string(error_code_name(model.error().code)) + ": " + model.error().message();
  }
  std::size_t cached() const {
    std::size_t count = 0;
    if (fs::exists(cache())) {
      for (const auto& entry : fs::directory_iterator(cache())) count += entry.path().extension() == ".plan";
    }
    return count;
  }
};

const std::vector<float> kWeights = {1, 0, 0, 0, 10, 0};
const std::vector<float> kLogits = {1, 20};

TEST_F(ModelTest, gives_the_same_answer_fresh_cached_and_from_a_plan_file) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights, false, {}, {{"labels", "[1]"}}));
  const Model fresh = open(path, options());
  EXPECT_EQ(fresh.origin(), PlanOrigin::kBuilt);
  const Model found = open(path, options());
  EXPECT_EQ(found.origin(), PlanOrigin::kCached);
  ASSERT_TRUE(write_plan_file(*Internals::plan(fresh), folder_ / "m.plan").ok());
  const Model compiled = open(folder_ / "m.plan", options());
  EXPECT_EQ(compiled.origin(), PlanOrigin::kPlanFile);
  for (const Model* model : {&fresh, &found, &compiled}) {
    EXPECT_EQ(logits(*model), kLogits);
    ASSERT_EQ(model->inputs().size(), 1u);
    EXPECT_EQ(model->inputs()[0].name, "x");
    EXPECT_EQ(model->inputs()[0].type.shape, (Shape{1, 3, 4, 4}));
    EXPECT_EQ(model->outputs()[0].name, "y");
    EXPECT_EQ(model->metadata().at("labels"), "[1]");
    EXPECT_EQ(model->metadata().size(), 1u);
    EXPECT_EQ(model->parameters(), 6u);
    EXPECT_TRUE(model->warnings().empty());
  }
  EXPECT_EQ(cached(), 1u) << "a plan file needs no place in the cache";
}

TEST_F(ModelTest, another_batch_size_adds_a_schedule_and_no_weights) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  ModelOptions wide = options();
  wide.input_shapes.emplace("x", Shape{2, 3, 4, 4});
  const std::vector<float> twice = {1, 20, 1, 20};
  EXPECT_FALSE(Internals::plan(open(path, wide))->is_borrower()) << "there is no plan to borrow from";
  fs::remove_all(cache());
  open(path, options());
  for (const PlanOrigin origin : {PlanOrigin::kBuilt, PlanOrigin::kCached}) {
    const Model model = open(path, wide);
    EXPECT_EQ(model.origin(), origin);
    EXPECT_TRUE(Internals::plan(model)->is_borrower());
    EXPECT_EQ(logits(model), twice);
  }
  // The weights are edited: the old plan lends nothing to the new model.
  write("m.onnx", classifier_bytes({2, 0, 0, 0, 20, 0}));
  const Model edited = open(path, wide);
  EXPECT_FALSE(Internals::plan(edited)->is_borrower());
  EXPECT_EQ(logits(edited), (std::vector<float>{2, 40, 2, 40}));
}

TEST_F(ModelTest, keeps_a_plan_for_each_shape_and_instruction_set_and_none_for_a_bisected_model) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  EXPECT_EQ(logits(open(path, options())), kLogits);
  ModelOptions wide = options();
  wide.input_shapes.emplace("x", Shape{2, 3, 4, 4});
  const Model two = open(path, wide);
  EXPECT_EQ(two.outputs()[0].type.shape, (Shape{2, 2}));
  EXPECT_EQ(logits(two), (std::vector<float>{1, 20, 1, 20}));
  EXPECT_EQ(cached(), 2u);
  ModelOptions generic = options();
  generic.isa = "generic";
  EXPECT_EQ(open(path, generic).isa(), "generic");
  const std::size_t expected = &native_target() == &targets::generic ? 2 : 3;
  EXPECT_EQ(cached(), expected);
  ModelOptions bisected = options();
  bisected.disabled_passes = {"fuse_epilogue"};
  EXPECT_EQ(open(path, bisected).origin(), PlanOrigin::kBuilt);
  ModelOptions uncached = options();
  uncached.use_cache = false;
  EXPECT_EQ(open(path, uncached).origin(), PlanOrigin::kBuilt);
  EXPECT_EQ(cached(), expected);
}

TEST_F(ModelTest, with_a_cache_that_is_off_works_and_warns) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  fs::create_directory(cache());
  ASSERT_EQ(::chmod(cache().c_str(), 0777), 0);
  const Model model = open(path, options());
  EXPECT_EQ(logits(model), kLogits);
  ASSERT_EQ(model.warnings().size(), 1u);
  EXPECT_NE(model.warnings()[0].find("others may write"), std::string::npos);
}

std::string floats(const std::vector<float>& values) { return onnx::test::raw_bytes(values); }

TEST_F(ModelTest, notices_changed_external_data) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights, false, "w.bin"));
  write("w.bin", floats(kWeights));
  EXPECT_EQ(logits(open(path, options())), kLogits);
  EXPECT_EQ(open(path, options()).origin(), PlanOrigin::kCached);
  write("w.bin", floats({2, 0, 0, 0, 10, 0}));
  const Model changed = open(path, options());
  EXPECT_EQ(changed.origin(), PlanOrigin::kBuilt);
  EXPECT_EQ(logits(changed), (std::vector<float>{2, 20}));
  fs::remove(folder_ / "w.bin");
  EXPECT_NE(problem(path, options()), "ok") << "a plan whose weights are gone is not used";
}

// A file must be two seconds old before its state stands for its contents.
TEST_F(ModelTest, finds_the_plan_of_a_settled_model_by_its_state_and_notices_every_change) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  const std::string external = write("e.onnx", classifier_bytes(kWeights, false, "w.bin"));
  write("w.bin", floats(kWeights));
  const auto receipts = [&] {
    return std::ranges::count_if(fs::directory_iterator(cache()),
                                 [](const auto& entry) { return entry.path().extension() == ".receipt"; });
  };
  EXPECT_EQ(open(path, options()).origin(), PlanOrigin::kBuilt);
  EXPECT_EQ(open(external, options()).origin(), PlanOrigin::kBuilt);
  EXPECT_EQ(receipts(), 0) << "the files are too young";
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(open(path, options()).origin(), PlanOrigin::kCached);
    EXPECT_EQ(logits(open(external, options())), kLogits);
    EXPECT_EQ(receipts(), 2);
  }
  // In place, with the same length and the old time of modification.
  const auto modified = fs::last_write_time(path);
  write("m.onnx", classifier_bytes({2, 0, 0, 0, 10, 0}));
  fs::last_write_time(path, modified);
  EXPECT_EQ(logits(open(path, options())), (std::vector<float>{2, 20}));
  const auto weights_modified = fs::last_write_time(folder_ / "w.bin");
  write("w.bin", floats({3, 0, 0, 0, 10, 0}));
  fs::last_write_time(folder_ / "w.bin", weights_modified);
  EXPECT_EQ(logits(open(external, options())), (std::vector<float>{3, 20}));
  ASSERT_TRUE(PlanCache(cache()).clear().ok());
  EXPECT_EQ(receipts(), 0);
}

// The .onnx bytes are the same: only the folder tells the two apart.
TEST_F(ModelTest, does_not_take_the_weights_of_a_model_of_equal_bytes_in_another_folder) {
  const std::string bytes = classifier_bytes(kWeights, false, "w.bin");
  const std::string first = write("a/m.onnx", bytes), second = write("b/m.onnx", bytes);
  write("a/w.bin", floats(kWeights));
  write("b/w.bin", floats({3, 0, 0, 0, 30, 0}));
  EXPECT_EQ(logits(open(first, options())), kLogits);
  EXPECT_EQ(logits(open(second, options())), (std::vector<float>{3, 60}));
  EXPECT_EQ(logits(open(first, options())), kLogits);
  const std::string third = write("c/m.onnx", bytes);
  write("c/w.bin", floats(kWeights));
  EXPECT_EQ(open(third, options()).origin(), PlanOrigin::kCached) << "the same weights elsewhere are the same model";
}

// The engine's own note has a name that a model's metadata may carry as well.
TEST_F(ModelTest, refuses_a_link_that_leads_elsewhere_with_and_without_a_cached_plan) {
  const std::string path = write("m/m.onnx", classifier_bytes(kWeights, false, "w.bin"));
  write("w.bin", floats(kWeights));
  fs::create_symlink("../w.bin", folder_ / "m/w.bin");
  ModelOptions allowed = options();
  allowed.meaning.data_dirs = {folder_.path()};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(logits(open(path, allowed)), kLogits);
    EXPECT_NE(problem(path, options()).find("a symbolic link leads out of the model's folder"), std::string::npos);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // from now on by the state of the files
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(open(path, allowed).origin(), PlanOrigin::kCached);
    EXPECT_NE(problem(path, options()).find("a symbolic link leads out of the model's folder"), std::string::npos);
  }
}

TEST_F(ModelTest, cannot_be_told_by_metadata_that_its_external_data_is_unchanged) {
  const std::string path =
      write("m.onnx", classifier_bytes(kWeights, false, "w.bin", {{"paperkite.plan.external-data", ""}}));
  write("w.bin", floats(kWeights));
  EXPECT_EQ(logits(open(path, options())), kLogits);
  write("w.bin", floats({2, 0, 0, 0, 10, 0}));
  EXPECT_EQ(logits(open(path, options())), (std::vector<float>{2, 20}));
}

TEST_F(ModelTest, refuses_from_a_plan_what_was_decided_when_it_was_made) {
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  ASSERT_TRUE(write_plan_file(*Internals::plan(open(path, options())), folder_ / "m.plan").ok());
  const std::string plan = folder_ / "m.plan";
  ModelOptions with = options();
  with.input_shapes.emplace("x", Shape{1, 3, 4, 4});
  EXPECT_EQ(problem(plan, with), "ok");
  with.input_shapes.insert_or_assign("x", Shape{2, 3, 4, 4});
  EXPECT_NE(problem(plan, with).find("input \"x\" of the plan is [1,3,4,4], [2,3,4,4] is asked for"), std::string::npos)
      << problem(plan, with);
  with = options();
  with.input_shapes.emplace("z", Shape{1});
  EXPECT_NE(problem(plan, with).find("no input \"z\""), std::string::npos);
  with = options();
  with.disabled_passes = {"fuse_epilogue"};
  EXPECT_NE(problem(plan, with), "ok");
  with = options();
  with.memory_limit_bytes = 100;
  EXPECT_NE(problem(plan, with).find("limit"), std::string::npos);
  with = options();
  with.isa = "generic";
  EXPECT_EQ(problem(plan, with) == "ok", &native_target() == &targets::generic) << problem(plan, with);
}

TEST_F(ModelTest, errors_name_the_file) {
  EXPECT_NE(problem(folder_ / "none.onnx", options()).find("none.onnx"), std::string::npos);
  EXPECT_TRUE(problem(folder_ / "none.onnx", options()).starts_with("io: "));
  EXPECT_TRUE(problem(folder_.path(), options()).starts_with("io: "));
  EXPECT_TRUE(problem(write("empty.onnx", ""), options()).starts_with("invalid-model: "));
  EXPECT_TRUE(problem(write("text.onnx", "hello, this is no model"), options()).starts_with("invalid-model: "));
  const std::string text = problem(write("half.plan", "KITEPLAN and then nothing"), options());
  EXPECT_TRUE(text.starts_with("invalid-model: ")) << text;
  EXPECT_NE(text.find("half.plan"), std::string::npos) << text;
  ModelOptions with = options();
  with.isa = "sse2";
  EXPECT_TRUE(problem(write("m.onnx", classifier_bytes(kWeights)), with).starts_with("usage: "));
  with = options();
  with.disabled_passes = {"nonsense"};
  EXPECT_TRUE(problem(folder_ / "m.onnx", with).starts_with("usage: "));
  with = options();
  with.input_shapes.emplace("x", Shape{1, 4, 4, 4});
  EXPECT_TRUE(problem(folder_ / "m.onnx", with).starts_with("invalid-input: ")) << problem(folder_ / "m.onnx", with);
  with = options();
  with.memory_limit_bytes = 100;
  EXPECT_TRUE(problem(folder_ / "m.onnx", with).starts_with("limit: "));
}

TEST_F(ModelTest, a_session_takes_1_to_1024_threads) {
  const Model model = open(write("m.onnx", classifier_bytes(kWeights)), options());
  for (const int threads : {-1, 1025, 1 << 30})
    EXPECT_FALSE(Session::create(model, {.threads = threads}).ok()) << threads;
  EXPECT_EQ(Session::create(model, {.threads = 3})->threads(), 3);
  EXPECT_GE(Session::create(model)->threads(), 1);
}

}  // namespace
}  // namespace kite
