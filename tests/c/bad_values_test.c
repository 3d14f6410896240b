// SPDX-License-Identifier: Apache-2.0
// Numbers, texts and files that cannot mean anything. Arguments: MODEL, a small classifier, and FOLDER, which is empty.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static const char* model_path;

static void tensors_have_a_type_a_shape_and_bytes_that_fit(void) {
  paperkite_tensor* tensor = NULL;
  const int64_t dims[9] = {2, 2, 1, 1, 1, 1, 1, 1, 1};
  const int64_t negative[2] = {2, -2};
  const int64_t huge[2] = {INT64_MAX, INT64_MAX};
  const int64_t none[2] = {0, 5};
  static const int32_t kData[9] = {0};
  BAD(paperkite_tensor_new(0, dims, 2, kData, 4, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "no element type 0");
  BAD(paperkite_tensor_new(8, dims, 2, kData, 4, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "no element type 8");
  BAD(paperkite_tensor_new(1, dims, -1, kData, 4, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "a rank of -1");
  BAD(paperkite_tensor_new(1, dims, 9, kData, 16, PAPERKITE_COPY, &tensor), PAPERKITE_LIMIT, "");
  BAD(paperkite_tensor_new(1, dims, INT32_MAX, kData, 16, PAPERKITE_COPY, &tensor), PAPERKITE_LIMIT, "");
  BAD(paperkite_tensor_new(1, negative, 2, kData, 16, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "[2,-2]");
  BAD(paperkite_tensor_new(1, huge, 2, kData, 16, PAPERKITE_COPY, &tensor), PAPERKITE_LIMIT, "");
  BAD(paperkite_tensor_new(1, dims, 2, kData, 15, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "it has 16");
  BAD(paperkite_tensor_new(1, dims, 2, kData, SIZE_MAX, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "it has 16");
  BAD(paperkite_tensor_new(1, dims, 2, kData, 16, 2, &tensor), PAPERKITE_USAGE, "an ownership of 2");
  BAD(paperkite_tensor_new(1, dims, 2, (const char*)kData + 1, 16, PAPERKITE_BORROW, &tensor), PAPERKITE_USAGE,
      "use PAPERKITE_COPY");
  BAD(paperkite_tensor_new(PAPERKITE_BOOL, dims, 2, "\1\0\2\0", 4, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE,
      "an element of bool is 2");
  BAD(paperkite_tensor_new(PAPERKITE_INT4, dims, 2, "\7\370\367\0", 4, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE,
      "an element of int4 is -9");
  GOOD(paperkite_tensor_new(PAPERKITE_INT4, dims, 2, "\7\370\377\0", 4, PAPERKITE_COPY, &tensor));
  CHECK(memcmp(paperkite_tensor_data(tensor), "\7\370\377\0", 4) == 0);
  paperkite_tensor_free(tensor);
  GOOD(paperkite_tensor_new(1, dims, 2, (const char*)kData + 1, 16, PAPERKITE_COPY, &tensor));
  CHECK(paperkite_tensor_rank(tensor) == 2 && paperkite_tensor_dims(tensor)[1] == 2);
  paperkite_tensor_free(tensor);
  GOOD(paperkite_tensor_new(1, none, 2, NULL, 0, PAPERKITE_BORROW, &tensor));
  CHECK(paperkite_tensor_data(tensor) == NULL && paperkite_tensor_size_bytes(tensor) == 0);
  paperkite_tensor_free(tensor);
}

static void pictures_have_pixels_that_fit(void) {
  static const uint8_t kPixels[12] = {0};
  paperkite_picture* picture = NULL;
  static const struct {
    int64_t height, width;
    int32_t channels;
    int64_t stride;
    int32_t orientation, ownership;
    const char* words;
  } kRows[] = {
      {0, 2, 3, 0, 0, 0, "0 x 2 pixels"},
      {2, -2, 3, 0, 0, 0, "2 x -2 pixels"},
      {2, 2, 2, 0, 0, 0, "2 channels"},
      {2, 2, 4, 0, 0, 0, "4 channels"},
      {2, 2, 3, 5, 0, 0, "a row stride of 5"},
      {2, 2, 3, -6, 0, 0, "a row stride of -6"},
      {2, 2, 3, 0, 9, 0, "an orientation of 9"},
      {2, 2, 3, 0, -1, 0, "an orientation of -1"},
      {2, 2, 3, 0, 0, 2, "an ownership of 2"},
      {INT64_MAX, INT64_MAX, 3, 0, 0, 1, "more pixels than memory can hold"},
      {2, INT64_MAX / 2, 3, 0, 0, 1, "more pixels than memory can hold"},
      {INT64_MAX, 1, 3, INT64_MAX, 0, 1, "more pixels than memory can hold"},
  };
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    BAD(paperkite_picture_from_pixels(kPixels, kRows[i].height, kRows[i].width, kRows[i].channels, kRows[i].stride,
                                      kRows[i].orientation, kRows[i].ownership, &picture),
        PAPERKITE_USAGE, kRows[i].words);
    CHECK(picture == NULL);
  }
  BAD(paperkite_picture_from_bytes(kPixels, SIZE_MAX, PAPERKITE_BORROW, &picture), PAPERKITE_USAGE, "more than memory");
  BAD(paperkite_picture_from_bytes(kPixels, 1, -1, &picture), PAPERKITE_USAGE, "an ownership of -1");
}

static void options_are_known_and_have_values_that_fit(void) {
  static const char* const kRows[][3] = {
      {"", "1", "there is no option"},
      {"thread", "1", "there is no option \"thread\""},
      {"--threads", "1", "there is no option"},
      {"threads", "0", "a number from 1 to 1024"},
      {"threads", "1025", "1 to 1024"},
      {"threads", "two", "1 to 1024"},
      {"threads", "", "1 to 1024"},
      {"threads", "1 ", "1 to 1024"},
      {"no-cache", "yes", "true or false"},
      {"raw", "1", "true or false"},
      {"threshold", "1", "between 0 and 1"},
      {"threshold", "nan", "between 0 and 1"},
      {"size", "0x5", "HEIGHTxWIDTH"},
      {"shape", "x", "NAME=SIZES"},
      {"activation", "relu", "softmax"},
      {"exif", "yes", "ignore or apply"},
      {"processor", "cv2", "pil"},
      {"library", "keras", "timm or hf"},
      {"memory-limit", "much", "500MB"},
      {"max-plans", "0", "1 to 1024"},
  };
  paperkite_options* options = NULL;
  GOOD(paperkite_options_new(&options));
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    BAD(paperkite_options_set(options, kRows[i][0], kRows[i][1]), PAPERKITE_USAGE, kRows[i][2]);
  }
  // None of these has left anything behind.
  paperkite_classifier* classifier = NULL;
  GOOD(paperkite_classifier_open(model_path, options, &classifier));
  paperkite_classifier_free(classifier);
  GOOD(paperkite_options_set(options, "max-plans", "2"));
  BAD(paperkite_classifier_open(model_path, options, &classifier), PAPERKITE_USAGE, "max-plans means nothing");
  paperkite_options_free(options);
  GOOD(paperkite_options_new(&options));
  GOOD(paperkite_options_set(options, "labels", "none.txt"));
  paperkite_session* session = NULL;
  BAD(paperkite_session_open(model_path, options, &session), PAPERKITE_USAGE, "labels means nothing");
  BAD(paperkite_classifier_open(model_path, options, &classifier), PAPERKITE_IO, "none.txt");
  paperkite_options_free(options);
  GOOD(paperkite_options_new(&options));
  GOOD(paperkite_options_set(options, "isa", "mmx"));
  BAD(paperkite_session_open(model_path, options, &session), PAPERKITE_USAGE, "mmx");
  paperkite_options_free(options);
}

static void files_may_be_empty_cut_or_missing(const char* folder) {
  paperkite_classifier* classifier = NULL;
  paperkite_session* session = NULL;
  paperkite_picture* picture = NULL;
  paperkite_result* result = NULL;
  char empty[4096];
  snprintf(empty, sizeof empty, "%s/empty", folder);
  FILE* file = fopen(empty, "wb");
  CHECK(file != NULL && fclose(file) == 0);
  BAD(paperkite_classifier_open(empty, NULL, &classifier), PAPERKITE_INVALID_MODEL, "empty");
  BAD(paperkite_session_open(empty, NULL, &session), PAPERKITE_INVALID_MODEL, "empty");
  BAD(paperkite_classifier_open("", NULL, &classifier), PAPERKITE_USAGE, "path is empty");
  BAD(paperkite_session_open("", NULL, &session), PAPERKITE_USAGE, "path is empty");
  BAD(paperkite_picture_from_file("", &picture), PAPERKITE_USAGE, "path is empty");
  BAD(paperkite_classifier_open("none.onnx", NULL, &classifier), PAPERKITE_IO, "none.onnx");
  BAD(paperkite_session_open("none.onnx", NULL, &session), PAPERKITE_IO, "none.onnx");
  BAD(paperkite_classifier_open_bytes(NULL, 0, NULL, &classifier), PAPERKITE_INVALID_MODEL, "");
  BAD(paperkite_session_open_bytes("", 0, NULL, &session), PAPERKITE_INVALID_MODEL, "");
  BAD(paperkite_session_open_bytes(empty, SIZE_MAX, NULL, &session), PAPERKITE_USAGE, "more than memory");

  size_t size = 0;
  unsigned char* bytes = read_file(model_path, &size);
  for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
    paperkite_error* error = paperkite_classifier_open_bytes(bytes, cut, NULL, &classifier);
    CHECK(error != NULL && classifier == NULL && paperkite_error_message(error)[0] != '\0');
    paperkite_error_free(error);
  }
  free(bytes);

  GOOD(paperkite_classifier_open(model_path, NULL, &classifier));
  const char* const kPaths[] = {empty, model_path, folder, "none.jpg"};
  for (size_t i = 0; i < sizeof kPaths / sizeof kPaths[0]; ++i) {
    GOOD(paperkite_picture_from_file(kPaths[i], &picture));
    paperkite_error* error = paperkite_classify(classifier, picture, 1, &result);
    CHECK(error != NULL && result == NULL);
    CHECK_TEXT(paperkite_error_name(error), i < 2 ? "invalid-image" : "io");
    paperkite_error_free(error);
    paperkite_picture_free(picture);
  }
  GOOD(paperkite_picture_from_bytes(NULL, 0, PAPERKITE_BORROW, &picture));
  BAD(paperkite_classify(classifier, picture, 1, &result), PAPERKITE_INVALID_IMAGE, "");
  paperkite_tensor* tensor = NULL;
  BAD(paperkite_input_tensor(classifier, picture, &tensor), PAPERKITE_INVALID_IMAGE, "");
  paperkite_picture_free(picture);
  static const uint8_t kPixel[3] = {10, 20, 30};
  GOOD(paperkite_picture_from_pixels(kPixel, 1, 1, 3, 0, 0, PAPERKITE_BORROW, &picture));
  BAD(paperkite_classify(classifier, picture, 0, &result), PAPERKITE_USAGE, "the best 0 classes");
  BAD(paperkite_classify(classifier, picture, INT32_MIN, &result), PAPERKITE_USAGE, "k is at least 1");
  GOOD(paperkite_classify(classifier, picture, INT32_MAX, &result));
  CHECK(paperkite_result_count(result) == 3);
  paperkite_result_free(result);
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);
}

static void threads_are_within_limits(void) {
  const int32_t before = paperkite_compute_threads();
  CHECK(before >= 1);
  BAD(paperkite_set_compute_threads(-1), PAPERKITE_USAGE, "");
  BAD(paperkite_set_compute_threads(1025), PAPERKITE_USAGE, "");
  CHECK(paperkite_compute_threads() == before);
  GOOD(paperkite_set_compute_threads(1));
  CHECK(paperkite_compute_threads() == 1);
  GOOD(paperkite_set_compute_threads(0));
  CHECK(paperkite_compute_threads() == before);
}

#ifndef PAPERKITE_SANITIZED  // a sanitizer maps more than any limit
// Pixels for which there is an address space, but no memory that the process may take.
static void a_lack_of_memory_is_an_error(void) {
  const pid_t child = fork();
  if (child == 0) {
    failures = 0;
    const struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    static const uint8_t kPixel[3] = {0};
    paperkite_tensor* tensor = NULL;
    paperkite_picture* picture = NULL;
    const int64_t dims[1] = {(int64_t)1 << 32};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(3);
    BAD(paperkite_picture_from_bytes(kPixel, (size_t)1 << 40, PAPERKITE_COPY, &picture), PAPERKITE_LIMIT, "memory");
    BAD(paperkite_tensor_new(PAPERKITE_FLOAT32, dims, 1, kPixel, (size_t)1 << 34, PAPERKITE_COPY, &tensor),
        PAPERKITE_LIMIT, "memory");
    _exit(failures == 0 ? 0 : 1);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}
#endif

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  model_path = argv[1];
  tensors_have_a_type_a_shape_and_bytes_that_fit();
  pictures_have_pixels_that_fit();
  options_are_known_and_have_values_that_fit();
  files_may_be_empty_cut_or_missing(argv[2]);
  threads_are_within_limits();
#ifndef PAPERKITE_SANITIZED
  a_lack_of_memory_is_an_error();
#endif
  return failures == 0 ? 0 : 1;
}
