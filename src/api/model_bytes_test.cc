// SPDX-License-Identifier: Apache-2.0
// Models whose bytes lie in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/internals.h"
#include "api/test_model.h"
#include "onnx/message_builder.h"
#include "paperkite/classifier.h"
#include "paperkite/model.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

const std::vector<float> kThreeWeights = {1, 0, 0, 0, 10, 0, 0.5F, 0.25F, 2};

using ByteVector = std::vector<std::byte>;

ByteVector bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

ByteVector bytes_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

// In a folder with a cache, and with files that belong to another model.
class ModelBytes : public FolderTest {
 protected:
  void SetUp() override {
    before_ = fs::current_path();
    write("labels.txt", "somebody\nelse's\nlabels\n");
    fs::current_path(folder_.path());
  }
  void TearDown() override { fs::current_path(before_); }

  ModelOptions options() const {
    ModelOptions options;
    options.cache_dir = cache();
    return options;
  }
  std::string problem(std::span<const std::byte> bytes, const ModelOptions& with) const {
    const auto model = Model::open(bytes, with);
    return model.ok() ? "ok" : std::string(error_code_name(model.error().code)) + ": " + model.error().message();
  }

 private:
  fs::path before_;
};

TEST_F(ModelBytes, give_the_answer_of_the_file_wherever_they_lie_and_are_not_needed_again) {
  const std::string onnx = classifier_bytes(kThreeWeights, true, {}, {{"labels", "[\"a\", \"b\", \"c\"]"}});
  ModelOptions alone;
  alone.use_cache = false;
  const auto of_file = Model::open(write("m/m.onnx", onnx), alone);
  ASSERT_TRUE(of_file.ok());
  const ByteVector plan = bytes_of(of_file->plan_bytes());
  for (const ByteVector& source : {bytes_of(onnx), plan}) {
    for (std::size_t offset = 0; offset <= 8; ++offset) {
      ByteVector room(source.size() + offset);
      std::ranges::copy(source, room.begin() + static_cast<std::ptrdiff_t>(offset));
      const auto model = Model::open(std::span(room).subspan(offset), options());
      ASSERT_TRUE(model.ok()) << model.error().message();
      std::ranges::fill(room, std::byte{0xee});
      EXPECT_EQ(model->origin(), source == plan ? PlanOrigin::kPlanFile : PlanOrigin::kBuilt);
      EXPECT_EQ(logits(*model), logits(*of_file));
      EXPECT_EQ(model->metadata(), of_file->metadata());
      EXPECT_EQ(model->plan_bytes().size(), plan.size());
      EXPECT_EQ(model->path(), "");
      EXPECT_EQ(model->warnings(), of_file->warnings());
    }
  }
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(ModelBytes, take_no_labels_from_a_folder) {
  const std::string onnx = classifier_bytes(kThreeWeights);
  ClassifierOptions with;
  with.model = options();
  with.model.meaning.recipe = "0-255";
  auto classifier = Classifier::open(bytes_of(onnx), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_EQ(classifier->labels_source(), "none");
  with.model.meaning.labels = folder_ / "labels.txt";
  classifier = Classifier::open(bytes_of(onnx), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_EQ(classifier->labels(), (std::vector<std::string>{"somebody", "else's", "labels"}));
  const std::string red = picture(255, 0, 0);
  const auto answer = classifier->classify(std::as_bytes(std::span(red)), 1);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->top.at(0).label, "somebody");
}

TEST_F(ModelBytes, with_external_data_need_a_folder_that_is_named) {
  write("w.bin", onnx::test::raw_bytes(kThreeWeights));
  const ByteVector onnx = bytes_of(classifier_bytes(kThreeWeights, false, "w.bin"));
  EXPECT_EQ(problem(onnx, options()),
            "unsupported-model: a model from memory cannot have external data; the model in memory: tensor \"w\": "
            "external data \"w.bin\"; open the model by its path, or name the folder of the file with --data-dir");
  ModelOptions with = options();
  with.meaning.data_dirs = {folder_ / "other"};
  fs::create_directory(folder_ / "other");
  EXPECT_TRUE(problem(onnx, with).starts_with("io: the file does not exist; the model in memory"));
  // A link may lead to the folders that are named, and not to the one in which the program happens to run.
  fs::create_symlink("../w.bin", folder_ / "other/w.bin");
  EXPECT_NE(problem(onnx, with).find("leads out of the model's folder"), std::string::npos) << problem(onnx, with);
  with.meaning.data_dirs = {folder_.path()};
  const auto model = Model::open(onnx, with);
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(logits(*model), logits(*Model::open(bytes_of(classifier_bytes(kThreeWeights)), options())));
}

TEST_F(ModelBytes, are_opened_once_more_for_other_shapes) {
  const ByteVector onnx = bytes_of(classifier_bytes(kThreeWeights, false, {}, {}, {1, 3, 4, 4}));
  const auto one = Model::open(onnx, options());
  ASSERT_TRUE(one.ok()) << one.error().message();
  const auto other = one->for_shapes({{"x", Shape{2, 3, 4, 4}}});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(
      other.error().message(),
      "the model was opened from memory, and its bytes are not kept; open the bytes once more, with the shapes as "
      "ModelOptions::input_shapes");
  ModelOptions with = options();
  with.input_shapes = {{"x", Shape{2, 3, 4, 4}}};  // a batch that the model does not state: proved from the same bytes
  const auto two = Model::open(onnx, with);
  ASSERT_TRUE(two.ok()) << two.error().message();
  const std::vector<float> row = logits(*one), rows = logits(*two);
  ASSERT_EQ(rows.size(), 2 * row.size());
  EXPECT_TRUE(std::equal(row.begin(), row.end(), rows.begin() + static_cast<std::ptrdiff_t>(row.size())));
}

TEST_F(ModelBytes, that_are_no_model_are_refused) {
  EXPECT_TRUE(problem({}, options()).starts_with("invalid-model: ")) << problem({}, options());
  EXPECT_TRUE(problem(bytes_of("hello, this is text\n"), options()).find("a text file; the model in memory") !=
              std::string::npos);
  const ByteVector onnx = bytes_of(classifier_bytes(kThreeWeights));
  for (std::size_t size = 0; size < onnx.size(); ++size) {
    const auto model = Model::open(std::span(onnx).first(size), options());
    EXPECT_TRUE(!model.ok() || !logits(*model).empty()) << size;
  }
  EXPECT_FALSE(Model::open(std::span(onnx).first(onnx.size() / 2), options()).ok());
  const ByteVector plan = bytes_of(Model::open(onnx, options())->plan_bytes());
  for (std::size_t size = 0; size < plan.size(); size += size < 1024 ? 1 : 61) {
    EXPECT_FALSE(Model::open(std::span(plan).first(size), options()).ok()) << size;
  }
  for (std::size_t bit = 0; bit < 8 * plan.size(); bit += 97) {
    ByteVector flipped = plan;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto model = Model::open(flipped, options());
    EXPECT_TRUE(!model.ok() || !model->inputs().empty()) << bit;
  }
  ModelOptions with = options();
  with.memory_limit_bytes = plan.size() - 1;
  EXPECT_TRUE(problem(plan, with).starts_with("limit: the model needs ")) << problem(plan, with);
  with = options();
  with.isa = "generic";
  if (Model::open(onnx, options())->isa() != "generic") {
    EXPECT_TRUE(problem(plan, with).find("; the model in memory; ") != std::string::npos) << problem(plan, with);
  }
}

TEST_F(ModelBytes, a_plan_whose_owner_keeps_it_is_used_where_it_lies) {
  ClassifierOptions plain;
  plain.model = options();
  const auto classifier = Classifier::open(bytes_of(classifier_bytes(kThreeWeights, true)), plain);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const std::span<const std::byte> plan = classifier->model().plan_bytes();
  constexpr std::size_t kPage = 4096;
  const std::size_t room = (plan.size() + kPage - 1) / kPage * kPage;
  const std::shared_ptr<void> owner(std::aligned_alloc(kPage, room), std::free);
  std::memcpy(owner.get(), plan.data(), plan.size());
  const ModelFile file{{}, {static_cast<const std::byte*>(owner.get()), plan.size()}, "its title", owner};
  {
    const auto opened = Internals::open(file, plain);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    EXPECT_EQ(opened->model().plan_bytes().data(), owner.get());
    EXPECT_EQ(opened->model().origin(), PlanOrigin::kPlanFile);
    EXPECT_TRUE(opened->labels().empty()) << "nothing beside it is read";
    EXPECT_GT(owner.use_count(), 2);
  }
  EXPECT_EQ(owner.use_count(), 2);
  static_cast<char*>(owner.get())[0] ^= 1;
  const auto broken = Internals::open(file, plain);
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message().find("its title"), std::string::npos) << broken.error().message();
}

}  // namespace
}  // namespace kite
