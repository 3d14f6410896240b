// SPDX-License-Identifier: Apache-2.0
// One classifier for many threads: the same bits as alone, never more compute threads than granted, and after a fork.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "api/test_model.h"
#include "base/compute_slots.h"
#include "base/test_child.h"
#include "paperkite/pool.h"

namespace kite {
namespace {

constexpr const char* kPlain = R"({"resize": 4, "crop": 4, "mean": [0, 0, 0], "std": [1, 1, 1]})";
const std::vector<float> kWeights = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5F, 0.25F, 0.125F};

Picture picture_of(const std::string& bytes) { return std::as_bytes(std::span(bytes)); }

class ClassifierPoolTest : public FolderTest {
 protected:
  ClassifierPoolTest() {
    for (int i = 0; i < 12; ++i) {
      files_.push_back(picture(static_cast<std::uint8_t>(20 * i), static_cast<std::uint8_t>(255 - 21 * i),
                               static_cast<std::uint8_t>(7 * i)));
    }
    for (const std::string& file : files_) pictures_.push_back(picture_of(file));
  }
  ~ClassifierPoolTest() override { EXPECT_TRUE(set_compute_threads(0).ok()); }

  ClassifierOptions options(std::int64_t batch = 0) const {
    ClassifierOptions options;
    options.model.cache_dir = cache();
    options.model.meaning.recipe = kPlain;
    options.model.meaning.batch = batch;
    return options;
  }
  ClassifierPool open(std::int64_t batch = 0) {
    auto pool = ClassifierPool::open(write("m.onnx", classifier_bytes(kWeights)), options(batch));
    EXPECT_TRUE(pool.ok()) << pool.error().message();
    return *std::move(pool);
  }
  // As one Classifier of one thread gives them.
  std::vector<std::vector<float>> expected() {
    ClassifierOptions alone = options();
    alone.session.threads = 1;
    auto classifier = Classifier::open(write("m.onnx", classifier_bytes(kWeights)), alone);
    std::vector<std::vector<float>> scores;
    for (const auto& answer : classifier->classify_batch(pictures_)) scores.push_back(scores_of(answer));
    return scores;
  }
  static std::vector<float> scores_of(const Result<Classification>& answer) {
    std::vector<float> scores;
    if (!answer.ok()) return scores;
    for (const Prediction& prediction : answer->top) {
      scores.push_back(static_cast<float>(prediction.index));
      scores.push_back(prediction.score);
    }
    return scores;
  }

  std::vector<std::string> files_;
  std::vector<Picture> pictures_;
};

TEST_F(ClassifierPoolTest, sixteen_threads_on_one_pool_get_the_bits_that_one_classifier_gives) {
  const auto wanted = expected();
  for (const int limit : {1, 2, 5}) {
    ASSERT_TRUE(set_compute_threads(limit).ok());
    const ClassifierPool pool = open();
    EXPECT_EQ(pool.threads(), limit);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < pictures_.size(); ++i) {
          const std::size_t at = (i + t) % pictures_.size();
          if (scores_of(pool.classify(pictures_[at])) != wanted[at]) ++wrong;
        }
        const auto all = pool.classify_all(pictures_);
        for (std::size_t i = 0; i < all.size(); ++i) wrong += scores_of(all[i]) != wanted[i];
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(compute_slot_use().most_in_use, limit);
    EXPECT_EQ(compute_slot_use().in_use, 0);
  }
}

// Slots are what was granted; the processor's time is what was used.
TEST_F(ClassifierPoolTest, several_pools_together_use_no_more_processors_than_granted) {
  const auto seconds = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  ASSERT_TRUE(set_compute_threads(1).ok());
  const std::vector<ClassifierPool> pools = {open(), open(3)};
  const std::vector<Picture> many(2000, pictures_[3]);
  const double wall = seconds(CLOCK_MONOTONIC);
  const double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (const auto& answer : pools[t % 2].classify_all(many)) EXPECT_TRUE(answer.ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(compute_slot_use().most_in_use, 1);
  // What takes and gives slots runs beside those who have some.
  EXPECT_LE(seconds(CLOCK_PROCESS_CPUTIME_ID) - used, 1.3 * (seconds(CLOCK_MONOTONIC) - wall));
}

TEST_F(ClassifierPoolTest, many_threads_open_models_with_one_cache_at_once) {
  const auto wanted = expected();
  std::filesystem::remove_all(cache());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::string bytes = t % 2 == 0 ? classifier_bytes(kWeights) : classifier_bytes({1, 2, 3, 4, 5, 6});
      const std::string path = write(std::to_string(t) + ".onnx", bytes);
      for (int round = 0; round < 3; ++round) {
        const auto pool = ClassifierPool::open(path, options());
        ASSERT_TRUE(pool.ok()) << pool.error().message();
        const auto answer = pool->classify(pictures_[5]);
        ASSERT_TRUE(answer.ok());
        if (t % 2 == 0) {
          EXPECT_EQ(scores_of(answer), wanted[5]);
        } else {
          EXPECT_EQ(answer->top.size(), 2U);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ClassifierPoolTest, a_list_keeps_its_order_and_a_broken_picture_takes_no_other_one_along) {
  ASSERT_TRUE(set_compute_threads(4).ok());
  const auto wanted = expected();
  pictures_[4] = folder_ / "gone.png";
  const std::string text = "no picture";
  pictures_[9] = picture_of(text);
  for (const std::int64_t batch : {0, 3, 16}) {
    const ClassifierPool pool = open(batch);
    for (std::size_t count = 0; count <= pictures_.size(); ++count) {
      const auto all = pool.classify_all(std::span(pictures_).first(count));
      ASSERT_EQ(all.size(), count);
      for (std::size_t i = 0; i < count; ++i) {
        if (i == 4 || i == 9) {
          EXPECT_EQ(all[i].error().code, i == 4 ? ErrorCode::kIo : ErrorCode::kInvalidImage);
        } else {
          EXPECT_EQ(scores_of(all[i]), wanted[i]) << "picture " << i << " of " << count << ", batch " << batch;
        }
      }
    }
  }
}

TEST_F(ClassifierPoolTest, stop_is_asked_on_the_callers_thread_and_leaves_out_what_has_not_begun) {
  ASSERT_TRUE(set_compute_threads(2).ok());
  const ClassifierPool pool = open();
  const std::vector<Picture> many(5000, pictures_[0]);
  int asked = 0;
  std::atomic<bool> elsewhere{false};
  const std::thread::id caller = std::this_thread::get_id();
  const auto all = pool.classify_all(many, 5, [&] {
    if (std::this_thread::get_id() != caller) elsewhere = true;
    return ++asked > 5;
  });
  EXPECT_FALSE(elsewhere);
  EXPECT_EQ(asked, 6) << "once it said so it is not asked again";
  ASSERT_EQ(all.size(), many.size());
  std::size_t answered = 0;
  for (const auto& answer : all) {
    answered += answer.ok();
    if (!answer.ok()) {
      EXPECT_EQ(answer.error().code, ErrorCode::kInterrupted);
    }
  }
  EXPECT_GE(answered, 1u);
  EXPECT_LT(answered, many.size());
}

TEST_F(ClassifierPoolTest, stop_is_asked_also_while_others_hold_all_slots) {
  ASSERT_TRUE(set_compute_threads(1).ok());
  const ClassifierPool pool = open();
  const ComputeSlots all = ComputeSlots::take(1);
  int asked = 0;
  const auto answers = pool.classify_all(pictures_, 5, [&] { return ++asked == 3; });
  EXPECT_EQ(asked, 3);
  for (const auto& answer : answers) EXPECT_EQ(answer.error().code, ErrorCode::kInterrupted);
}

TEST_F(ClassifierPoolTest, what_stop_throws_reaches_the_caller_and_the_pool_goes_on) {
  ASSERT_TRUE(set_compute_threads(2).ok());
  const ClassifierPool pool = open();
  EXPECT_THROW(static_cast<void>(pool.classify_all(pictures_, 5, []() -> bool { throw 7; })), int);
  EXPECT_EQ(compute_slot_use().in_use, 0);
  EXPECT_TRUE(pool.classify(pictures_[0]).ok());
}

TEST_F(ClassifierPoolTest, a_child_that_is_forked_while_other_threads_classify_goes_on_with_the_pool) {
  if (!kMayForkAmongThreads) GTEST_SKIP() << "skipped: the sanitizer is not made for it";
  ASSERT_TRUE(set_compute_threads(3).ok());
  const auto wanted = expected();
  const ClassifierPool pool = open();
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      while (!end) {
        if (t == 0) {
          static_cast<void>(pool.classify_all(pictures_));
        } else {
          static_cast<void>(pool.classify(pictures_[0]));
        }
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    const int code = exit_code_of_child([&] {
      for (std::size_t i = 0; i < pictures_.size(); ++i) {
        if (scores_of(pool.classify(pictures_[i])) != wanted[i]) return false;
      }
      const auto all = pool.classify_all(pictures_);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (scores_of(all[i]) != wanted[i]) return false;
      }
      return compute_slot_use().in_use == 0;
    });
    EXPECT_EQ(code, 0);
    if (code != 0) break;
  }
  end = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ClassifierPoolTest, pixels_are_a_picture_and_give_the_tensor_of_the_file) {
  const ClassifierPool pool = open();
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 30; ++i) pixels.insert(pixels.end(), {60, 192, 21});
  const PixelView view{pixels.data(), 5, 6};
  const auto of_pixels = pool.input_tensor(view);
  const auto of_file = pool.input_tensor(pictures_[3]);
  ASSERT_TRUE(of_pixels.ok() && of_file.ok());
  const auto a = of_pixels->view().bytes();
  const auto b = of_file->view().bytes();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  EXPECT_EQ(scores_of(pool.classify(view)), scores_of(pool.classify(pictures_[3])));
}

TEST_F(ClassifierPoolTest, threads_are_what_the_options_state_within_the_limit) {
  ASSERT_TRUE(set_compute_threads(4).ok());
  ClassifierOptions two = options();
  two.session.threads = 2;
  const std::string path = write("m.onnx", classifier_bytes(kWeights));
  const auto pool = ClassifierPool::open(path, two);
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(pool->threads(), 2);
  ASSERT_TRUE(set_compute_threads(1).ok());
  EXPECT_EQ(pool->threads(), 1);
  EXPECT_EQ(compute_threads(), 1);
  for (const int wrong : {-1, 1025}) {
    two.session.threads = wrong;
    EXPECT_EQ(ClassifierPool::open(path, two).error().code, ErrorCode::kUsage);
    EXPECT_EQ(set_compute_threads(wrong).error().code, ErrorCode::kUsage);
  }
  EXPECT_EQ(ClassifierPool::open(folder_ / "gone.onnx").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace kite
