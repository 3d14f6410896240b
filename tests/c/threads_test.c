// SPDX-License-Identifier: Apache-2.0
// One classifier and one session for 16 threads, for a forked child, and while others are opened and freed. Arguments:
// MODEL PICTURE.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { kThreads = 16, kRounds = 6 };

static const char* model_path;
static const char* picture_path;
static paperkite_classifier* classifier;
static paperkite_session* session;
static paperkite_picture* picture;
static paperkite_result* expected;

static int has_expected_scores(const paperkite_result* result) {
  size_t count = 0;
  size_t wanted = 0;
  const float* scores = paperkite_result_scores(result, &count);
  const float* others = paperkite_result_scores(expected, &wanted);
  return count > 0 && count == wanted && memcmp(scores, others, count * sizeof(float)) == 0;
}

// The number of answers that were wrong.
static intptr_t classify_once(void) {
  paperkite_result* result = NULL;
  paperkite_error* error = paperkite_classify(classifier, picture, 1, &result);
  const intptr_t wrong = error != NULL || !has_expected_scores(result);
  paperkite_error_free(error);
  paperkite_result_free(result);
  return wrong;
}

static intptr_t run_once(int64_t batch) {
  const int64_t dims[4] = {batch, 3, 8, 8};
  const size_t bytes = (size_t)batch * 3 * 64 * sizeof(float);
  float* ones = (float*)malloc(bytes);
  for (size_t i = 0; i < bytes / sizeof(float); ++i) ones[i] = 1.0f;
  paperkite_tensor* input = NULL;
  paperkite_tensor* output = NULL;
  paperkite_error* error = paperkite_tensor_new(PAPERKITE_FLOAT32, dims, 4, ones, bytes, PAPERKITE_BORROW, &input);
  const paperkite_tensor* inputs[1] = {input};
  if (error == NULL) error = paperkite_session_run(session, inputs, 1, NULL, 1, &output);
  const float* logits = (const float*)paperkite_tensor_data(output);
  intptr_t wrong = error != NULL || paperkite_tensor_dims(output)[0] != batch;
  for (int64_t i = 0; wrong == 0 && i < batch * 3; ++i) wrong = logits[i] != (float)(4 + i % 3);
  paperkite_error_free(error);
  paperkite_tensor_free(input);
  paperkite_tensor_free(output);
  free(ones);
  return wrong;
}

static intptr_t open_and_free(void) {
  paperkite_classifier* other = NULL;
  paperkite_error* error = paperkite_classifier_open(model_path, NULL, &other);
  const intptr_t wrong = error != NULL;
  paperkite_error_free(error);
  paperkite_classifier_free(other);
  return wrong;
}

static void* work(void* number) {
  const int thread = (int)(intptr_t)number;
  intptr_t wrong = 0;
  for (int round = 0; round < kRounds; ++round) {
    wrong += classify_once();
    wrong += run_once(1 + (thread + round) % 11);
    if (thread == 0) wrong += open_and_free();
    if (thread == 1) {
      paperkite_error* error = paperkite_set_compute_threads(round % 3);
      wrong += error != NULL;
      paperkite_error_free(error);
    }
  }
  return (void*)wrong;
}

static void sixteen_threads_get_the_same_bits(void) {
  pthread_t threads[kThreads];
  for (intptr_t i = 0; i < kThreads; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (int i = 0; i < kThreads; ++i) {
    void* wrong = NULL;
    CHECK(pthread_join(threads[i], &wrong) == 0);
    CHECK(wrong == NULL);
  }
  GOOD(paperkite_set_compute_threads(0));
}

static int32_t stop;

static void* stop_soon(void* unused) {
  (void)unused;
  usleep(1000);
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  return NULL;
}

static void another_thread_can_stop_many_pictures(void) {
  enum { kPictures = 20000 };
  const paperkite_picture** pictures = (const paperkite_picture**)malloc(kPictures * sizeof(void*));
  paperkite_result** results = (paperkite_result**)malloc(kPictures * sizeof(void*));
  paperkite_error** errors = (paperkite_error**)malloc(kPictures * sizeof(void*));
  for (int i = 0; i < kPictures; ++i) pictures[i] = picture;
  pthread_t stopper;
  CHECK(pthread_create(&stopper, NULL, stop_soon, NULL) == 0);
  GOOD(paperkite_classify_all(classifier, pictures, kPictures, 1, &stop, results, errors));
  CHECK(pthread_join(stopper, NULL) == 0);
  int interrupted = 0;
  for (int i = 0; i < kPictures; ++i) {
    CHECK((results[i] == NULL) != (errors[i] == NULL));
    CHECK(results[i] == NULL || has_expected_scores(results[i]));
    CHECK(errors[i] == NULL || paperkite_error_code(errors[i]) == PAPERKITE_INTERRUPTED);
    interrupted += errors[i] != NULL;
    paperkite_result_free(results[i]);
    paperkite_error_free(errors[i]);
  }
  CHECK(interrupted > 0);
  free(pictures);
  free(results);
  free(errors);
}

static void a_forked_child_goes_on(void) {
  const pid_t child = fork();
  if (child == 0) {
    const intptr_t wrong = classify_once() + run_once(1) + run_once(12) + open_and_free();
    paperkite_classifier_free(classifier);
    paperkite_session_free(session);
    _exit(wrong == 0 ? 0 : 1);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(classify_once() == 0 && run_once(2) == 0);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  model_path = argv[1];
  picture_path = argv[2];
  GOOD(paperkite_classifier_open(model_path, NULL, &classifier));
  GOOD(paperkite_session_open(model_path, NULL, &session));
  GOOD(paperkite_picture_from_file(picture_path, &picture));
  GOOD(paperkite_classify(classifier, picture, 1, &expected));
  if (failures > 0) return 1;
  sixteen_threads_get_the_same_bits();
  a_forked_child_goes_on();
  another_thread_can_stop_many_pictures();
  a_forked_child_goes_on();
  // The order is another one than that in which they were made.
  paperkite_classifier_free(classifier);
  paperkite_session_free(session);
  paperkite_result_free(expected);
  paperkite_picture_free(picture);
  return failures == 0 ? 0 : 1;
}
