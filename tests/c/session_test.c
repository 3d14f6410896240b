// SPDX-License-Identifier: Apache-2.0
// Sessions from C. Argument: a model x float32[batch,3,8,8] -> logits float32[batch,3] whose class i is (4+i) times the
// mean of plane i, with the metadata key "made-by".
#include <math.h>

#include "check.h"

static paperkite_tensor* planes_of(int64_t batch, float first) {
  const int64_t dims[4] = {batch, 3, 8, 8};
  const size_t count = (size_t)batch * 3 * 64;
  float* data = (float*)malloc(count * sizeof(float) + 1);
  for (size_t i = 0; i < count; ++i) data[i] = first + (float)(i / 64);
  paperkite_tensor* tensor = NULL;
  GOOD(paperkite_tensor_new(PAPERKITE_FLOAT32, dims, 4, data, count * sizeof(float), PAPERKITE_COPY, &tensor));
  free(data);
  return tensor;
}

static void ports_are_as_the_model_states_them(const paperkite_session* session) {
  CHECK(paperkite_session_input_count(session) == 1 && paperkite_session_output_count(session) == 1);
  const paperkite_port* input = paperkite_session_input(session, 0);
  CHECK_TEXT(paperkite_port_name(input), "x");
  CHECK(paperkite_port_dtype(input) == PAPERKITE_FLOAT32 && paperkite_port_rank(input) == 4);
  CHECK(paperkite_port_dim(input, 0) == -1 && paperkite_port_dim(input, 1) == 3);
  CHECK_TEXT(paperkite_port_symbol(input, 0), "batch");
  CHECK_TEXT(paperkite_port_symbol(input, 1), "");
  CHECK(paperkite_port_dim(input, 4) == -1 && paperkite_port_dim(input, -1) == -1);
  CHECK_TEXT(paperkite_port_symbol(input, 4), "");
  CHECK_TEXT(paperkite_port_name(paperkite_session_output(session, 0)), "logits");
  CHECK(paperkite_session_input(session, 1) == NULL && paperkite_session_output(session, 1) == NULL);
  CHECK_TEXT(paperkite_session_metadata(session, "made-by"), "hand");
  CHECK(paperkite_session_metadata(session, "none") == NULL);
  CHECK(paperkite_session_threads(session) >= 1);
  CHECK(paperkite_session_notice_count(session) == 0);
  CHECK_TEXT(paperkite_session_notice(session, 0), "");
}

static void shapes_may_differ_from_call_to_call(const paperkite_session* session) {
  static const int64_t kBatches[] = {1, 3, 2, 1, 7, 5, 3};
  for (size_t i = 0; i < sizeof kBatches / sizeof kBatches[0]; ++i) {
    paperkite_tensor* input = planes_of(kBatches[i], 0.5f);
    const paperkite_tensor* inputs[1] = {input};
    paperkite_tensor* outputs[1];
    GOOD(paperkite_session_run(session, inputs, 1, NULL, 1, outputs));
    paperkite_tensor_free(input);
    CHECK(paperkite_tensor_rank(outputs[0]) == 2 && paperkite_tensor_dims(outputs[0])[0] == kBatches[i] &&
          paperkite_tensor_dims(outputs[0])[1] == 3);
    const float* logits = (const float*)paperkite_tensor_data(outputs[0]);
    for (int64_t n = 0; n < kBatches[i]; ++n) {
      for (int c = 0; c < 3; ++c)
        CHECK(fabsf(logits[n * 3 + c] - (float)(4 + c) * (0.5f + (float)(n * 3 + c))) < 1e-3f);
    }
    paperkite_tensor_free(outputs[0]);
  }
}

static void what_does_not_fit_is_an_error(const paperkite_session* session) {
  paperkite_tensor* good = planes_of(1, 0);
  paperkite_tensor* output = NULL;
  const paperkite_tensor* inputs[2] = {good, good};
  BAD(paperkite_session_run(session, inputs, 2, NULL, 1, &output), PAPERKITE_INVALID_INPUT, "");
  BAD(paperkite_session_run(session, inputs, 0, NULL, 1, &output), PAPERKITE_INVALID_INPUT, "");
  paperkite_tensor* two[2] = {good, good};
  BAD(paperkite_session_run(session, inputs, 1, NULL, 2, two), PAPERKITE_USAGE, "room for 2 outputs");
  CHECK(two[0] == NULL && two[1] == NULL);
  size_t wanted[1] = {1};
  BAD(paperkite_session_run(session, inputs, 1, wanted, 1, &output), PAPERKITE_USAGE, "no output 1");
  wanted[0] = 0;
  GOOD(paperkite_session_run(session, inputs, 1, wanted, 0, &output));
  GOOD(paperkite_session_run(session, inputs, 1, wanted, 1, &output));
  CHECK(output != NULL);
  paperkite_tensor_free(output);
  inputs[0] = NULL;
  BAD(paperkite_session_run(session, inputs, 1, NULL, 1, &output), PAPERKITE_USAGE, "input 0 is a null pointer");
  CHECK(output == NULL);

  const int64_t dims[4] = {1, 4, 8, 8};
  static const double kData[256];
  paperkite_tensor* wrong = NULL;
  GOOD(paperkite_tensor_new(PAPERKITE_FLOAT32, dims, 4, kData, 1024, PAPERKITE_BORROW, &wrong));
  inputs[0] = wrong;
  BAD(paperkite_session_run(session, inputs, 1, NULL, 1, &output), PAPERKITE_INVALID_INPUT, "x");
  paperkite_tensor_free(wrong);
  const int64_t plane[4] = {1, 3, 8, 8};
  GOOD(paperkite_tensor_new(PAPERKITE_FLOAT64, plane, 4, kData, 1536, PAPERKITE_BORROW, &wrong));
  inputs[0] = wrong;
  BAD(paperkite_session_run(session, inputs, 1, NULL, 1, &output), PAPERKITE_INVALID_INPUT, "float64");
  paperkite_tensor_free(wrong);
  GOOD(paperkite_tensor_new(PAPERKITE_FLOAT32, NULL, 0, kData, 4, PAPERKITE_COPY, &wrong));
  inputs[0] = wrong;
  BAD(paperkite_session_run(session, inputs, 1, NULL, 1, &output), PAPERKITE_INVALID_INPUT, "x");
  paperkite_tensor_free(wrong);
  paperkite_tensor_free(good);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  paperkite_session* session = NULL;
  GOOD(paperkite_session_open(argv[1], NULL, &session));
  ports_are_as_the_model_states_them(session);
  shapes_may_differ_from_call_to_call(session);
  what_does_not_fit_is_an_error(session);
  paperkite_session_free(session);

  paperkite_options* options = NULL;
  GOOD(paperkite_options_new(&options));
  GOOD(paperkite_options_set(options, "max-plans", "1"));
  GOOD(paperkite_options_set(options, "threads", "1"));
  size_t size = 0;
  unsigned char* bytes = read_file(argv[1], &size);
  GOOD(paperkite_session_open_bytes(bytes, size, options, &session));
  paperkite_options_free(options);
  memset(bytes, 0xff, size);  // they were borrowed until then
  free(bytes);
  CHECK(paperkite_session_threads(session) == 1);
  ports_are_as_the_model_states_them(session);
  shapes_may_differ_from_call_to_call(session);
  paperkite_session_free(session);
  return failures == 0 ? 0 : 1;
}
