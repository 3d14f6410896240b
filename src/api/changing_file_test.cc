// SPDX-License-Identifier: Apache-2.0
// Another program writes into a model's file, or cuts it short, while it is opened: an error or the
// right answer.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "api/test_model.h"
#include "paperkite/model.h"

namespace kite {
namespace {

class ChangingFile : public FolderTest {
 protected:
  // Large enough that it takes a while to read, and each score of picture 1, 2, 3 is 6 * value.
  static std::string model_of(float value) { return classifier_bytes(std::vector<float>(60'000, value)); }
  // As `cp` does: cut to nothing, then written.
  void overwrite(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  ModelOptions options(bool use_cache) const {
    ModelOptions options;
    options.cache_dir = cache();
    options.use_cache = use_cache;
    options.copy_files = true;  // a mapped file that is cut short stops the program
    return options;
  }
};

TEST_F(ChangingFile, gives_one_of_the_models_or_an_error_and_no_mixture) {
  const std::map<float, std::string> models = {{1.0F, model_of(1)}, {2.0F, model_of(2)}};
  overwrite("m.onnx", models.at(1));
  std::atomic<bool> end{false};
  std::thread writer([&] {
    for (int i = 0; !end; ++i) {
      overwrite("m.onnx", models.at(i % 2 == 0 ? 2.0F : 1.0F));
      std::this_thread::sleep_for(std::chrono::milliseconds(i % 32));
    }
  });
  int opened = 0;
  int refused = 0;
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int i = 0; (opened < 50 || refused < 20) && std::chrono::steady_clock::now() < latest; ++i) {
    const auto model = Model::open(folder_ / "m.onnx", options(i % 2 == 0));
    if (!model.ok()) {
      refused += model.error().message().find("changed while it was read") != std::string::npos;
      EXPECT_TRUE(model.error().code == ErrorCode::kIo || model.error().code == ErrorCode::kInvalidModel)
          << model.error().message();
      continue;
    }
    ++opened;
    const std::vector<float> scores = logits(*model);
    ASSERT_TRUE(scores.front() == 6 || scores.front() == 12) << scores.front();
    for (const float score : scores) ASSERT_EQ(score, scores.front());
  }
  end = true;
  writer.join();
  EXPECT_GE(opened, 50);
  EXPECT_GE(refused, 20) << "the file has to change while it is read, or the test shows nothing";
}

}  // namespace
}  // namespace kite
