// SPDX-License-Identifier: Apache-2.0
// Each allocation of a call fails once: the call gives an error, or the right answer, and nothing is thrown or lost.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "onnx/message_builder.h"
#include "paperkite.h"

namespace {

// Allocations of this thread until one fails; negative: none does.
thread_local long allocations_left = -1;
thread_local bool has_failed = false;

void fail_after(long allocations) {
  allocations_left = allocations;
  has_failed = false;
}

void* allocate(std::size_t size, std::size_t alignment) {
  if (allocations_left == 0) {
    has_failed = true;
    throw std::bad_alloc();
  }
  if (allocations_left > 0) --allocations_left;
  void* const memory = alignment == 0 ? std::malloc(size)
                                      : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Not inlined: the compiler would see that a pointer of new goes to free().
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size, 0); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
// std::stable_sort asks with this, and does without.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocations_left == 0 ? nullptr : std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace kite {

namespace {

// x [1,3,4,4] -> the mean of each plane: three classes.
std::string model_bytes() {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"y"})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {-1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {-1, 3})};
  return t::model(t::graph(parts)).bytes();
}

// Lets each allocation of `call` fail in turn until it succeeds with none that fails; how many there were.
int sweep(const std::function<paperkite_error*()>& call) {
  for (int allocation = 0;; ++allocation) {
    fail_after(allocation);
    paperkite_error* const error = call();
    allocations_left = -1;
    if (error == nullptr && !has_failed) return allocation;
    if (error != nullptr) {
      EXPECT_TRUE(has_failed) << paperkite_error_message(error);
      EXPECT_EQ(paperkite_error_code(error), PAPERKITE_LIMIT) << paperkite_error_message(error);
      paperkite_error_free(error);
    }
    if (testing::Test::HasFailure()) return -1;  // one message is enough
  }
}

}  // namespace

TEST(no_memory, options_pictures_and_tensors_are_errors_then) {
  paperkite_options* options = nullptr;
  EXPECT_EQ(sweep([&] { return paperkite_options_new(&options); }), 1);
  const std::string name(300, 'n');
  EXPECT_GT(sweep([&] { return paperkite_options_set(options, "labels", name.c_str()); }), 0);
  paperkite_options_free(options);
  paperkite_picture* picture = nullptr;
  EXPECT_GT(sweep([&] { return paperkite_picture_from_file(name.c_str(), &picture); }), 1);
  paperkite_picture_free(picture);
  EXPECT_GT(sweep([&] { return paperkite_picture_from_bytes(name.data(), name.size(), PAPERKITE_COPY, &picture); }), 1);
  paperkite_picture_free(picture);
  const std::int64_t dims[1] = {300};
  paperkite_tensor* tensor = nullptr;
  EXPECT_EQ(
      sweep([&] { return paperkite_tensor_new(PAPERKITE_UINT8, dims, 1, name.data(), 300, PAPERKITE_COPY, &tensor); }),
      2);
  paperkite_tensor_free(tensor);
}

TEST(no_memory, an_error_that_cannot_be_stored_is_a_lack_of_memory) {
  for (int allocation = 0;; ++allocation) {
    fail_after(allocation);
    paperkite_error* const error = paperkite_options_set(nullptr, "labels", "a");
    allocations_left = -1;
    ASSERT_NE(error, nullptr);
    const std::int32_t code = paperkite_error_code(error);
    EXPECT_TRUE(code == PAPERKITE_USAGE || (has_failed && code == PAPERKITE_LIMIT));
    EXPECT_STRNE(paperkite_error_message(error), "");
    paperkite_error_free(error);
    if (!has_failed) break;
  }
}

TEST(no_memory, an_error_of_an_operator_that_cannot_be_stored_is_a_lack_of_memory) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("Gather", {"x", "i"}, {"y"})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {3}), t::value_info("i", onnx::kInt64, {1})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {1})};
  const std::string model = t::model(t::graph(parts)).bytes();
  paperkite_options* options = nullptr;
  ASSERT_EQ(paperkite_options_new(&options), nullptr);
  ASSERT_EQ(paperkite_options_set(options, "threads", "1"), nullptr);
  paperkite_session* session = nullptr;
  ASSERT_EQ(paperkite_session_open_bytes(model.data(), model.size(), options, &session), nullptr);
  paperkite_options_free(options);
  const float values[3] = {};
  const std::int64_t index = 123'456'789, three = 3, one = 1;
  paperkite_tensor *x = nullptr, *i = nullptr, *y = nullptr;
  ASSERT_EQ(paperkite_tensor_new(PAPERKITE_FLOAT32, &three, 1, values, sizeof values, PAPERKITE_COPY, &x), nullptr);
  ASSERT_EQ(paperkite_tensor_new(PAPERKITE_INT64, &one, 1, &index, sizeof index, PAPERKITE_COPY, &i), nullptr);
  const paperkite_tensor* const inputs[2] = {x, i};
  for (int allocation = 0;; ++allocation) {
    fail_after(allocation);
    paperkite_error* const error = paperkite_session_run(session, inputs, 2, nullptr, 1, &y);
    allocations_left = -1;
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(paperkite_error_code(error), has_failed ? PAPERKITE_LIMIT : PAPERKITE_INVALID_INPUT)
        << paperkite_error_message(error);
    paperkite_error_free(error);
    if (!has_failed) break;
  }
  paperkite_tensor_free(x);
  paperkite_tensor_free(i);
  paperkite_session_free(session);
}

TEST(no_memory, calls_of_a_classifier_and_a_session_are_errors_then_and_the_next_one_works) {
  const std::string model = model_bytes();
  paperkite_options* options = nullptr;
  ASSERT_EQ(paperkite_options_new(&options), nullptr);
  ASSERT_EQ(paperkite_options_set(options, "threads", "1"), nullptr);
  paperkite_classifier* classifier = nullptr;
  ASSERT_EQ(paperkite_classifier_open_bytes(model.data(), model.size(), options, &classifier), nullptr);
  const std::uint8_t pixel[3] = {200, 100, 50};
  paperkite_picture* picture = nullptr;
  ASSERT_EQ(paperkite_picture_from_pixels(pixel, 1, 1, 3, 0, 0, PAPERKITE_COPY, &picture), nullptr);
  paperkite_result* result = nullptr;
  EXPECT_GT(sweep([&] { return paperkite_classify(classifier, picture, 1, &result); }), 3);
  EXPECT_EQ(paperkite_result_index(result, 0), 0);
  paperkite_result_free(result);
  const paperkite_picture* const pictures[2] = {picture, picture};
  paperkite_result* results[2] = {};
  paperkite_error* errors[2] = {};
  paperkite_tensor* input = nullptr;
  EXPECT_GT(sweep([&] { return paperkite_input_tensor(classifier, picture, &input); }), 3);
  EXPECT_GT(sweep([&] {
              paperkite_error* error = paperkite_classify_all(classifier, pictures, 2, 1, nullptr, results, errors);
              for (int i = 0; i < 2; ++i) {
                paperkite_result_free(results[i]);
                // A picture that had no memory is an error of its own.
                if (error == nullptr) std::swap(error, errors[i]);
                paperkite_error_free(errors[i]);
              }
              return error;
            }),
            3);
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);

  paperkite_session* session = nullptr;
  ASSERT_EQ(paperkite_session_open_bytes(model.data(), model.size(), options, &session), nullptr);
  paperkite_options_free(options);
  paperkite_tensor* output = nullptr;
  const paperkite_tensor* const inputs[1] = {input};
  EXPECT_GT(sweep([&] { return paperkite_session_run(session, inputs, 1, nullptr, 1, &output); }), 3);
  EXPECT_EQ(paperkite_tensor_size_bytes(output), 3 * sizeof(float));
  paperkite_tensor_free(output);
  paperkite_tensor_free(input);
  paperkite_session_free(session);
}

}  // namespace kite
