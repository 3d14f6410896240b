// SPDX-License-Identifier: Apache-2.0
// The numbers that programs have compiled into them. None may change while PAPERKITE_0 is the version of the symbols.
#include "check.h"

static void integers_have_these_sizes(void) {
  CHECK(sizeof(PAPERKITE_OK) == 4);
  CHECK(sizeof(int32_t) == 4 && sizeof(int64_t) == 8 && sizeof(size_t) == sizeof(void*));
}

static void errors_have_these_numbers(void) {
  CHECK(PAPERKITE_OK == 0);
  CHECK(PAPERKITE_USAGE == 1);
  CHECK(PAPERKITE_INVALID_MODEL == 2);
  CHECK(PAPERKITE_UNSUPPORTED_MODEL == 3);
  CHECK(PAPERKITE_INVALID_INPUT == 4);
  CHECK(PAPERKITE_INVALID_IMAGE == 5);
  CHECK(PAPERKITE_UNSUPPORTED_IMAGE == 6);
  CHECK(PAPERKITE_LIMIT == 7);
  CHECK(PAPERKITE_IO == 8);
  CHECK(PAPERKITE_INTERRUPTED == 9);
}

static void ownership_and_scores_have_these_numbers(void) {
  CHECK(PAPERKITE_COPY == 0 && PAPERKITE_BORROW == 1);
  CHECK(PAPERKITE_PROBABILITIES == 0);
  CHECK(PAPERKITE_INDEPENDENT == 1);
  CHECK(PAPERKITE_RAW == 2);
  CHECK(PAPERKITE_NO_SCORES == 3);
}

static void types_have_the_numbers_of_onnx(void) {
  static const struct {
    int32_t dtype;
    int32_t number;
    const char* name;
    size_t size;
  } kTypes[] = {
      {PAPERKITE_FLOAT32, 1, "float32", 4},    {PAPERKITE_UINT8, 2, "uint8", 1},
      {PAPERKITE_INT8, 3, "int8", 1},          {PAPERKITE_UINT16, 4, "uint16", 2},
      {PAPERKITE_INT16, 5, "int16", 2},        {PAPERKITE_INT32, 6, "int32", 4},
      {PAPERKITE_INT64, 7, "int64", 8},        {PAPERKITE_BOOL, 9, "bool", 1},
      {PAPERKITE_FLOAT16, 10, "float16", 2},   {PAPERKITE_FLOAT64, 11, "float64", 8},
      {PAPERKITE_UINT32, 12, "uint32", 4},     {PAPERKITE_UINT64, 13, "uint64", 8},
      {PAPERKITE_BFLOAT16, 16, "bfloat16", 2}, {PAPERKITE_UINT4, 21, "uint4", 1},
      {PAPERKITE_INT4, 22, "int4", 1},         {PAPERKITE_UINT2, 25, "uint2", 1},
      {PAPERKITE_INT2, 26, "int2", 1},
  };
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i) {
    CHECK(kTypes[i].dtype == kTypes[i].number);
    CHECK_TEXT(paperkite_dtype_name(kTypes[i].dtype), kTypes[i].name);
    CHECK(paperkite_dtype_size(kTypes[i].dtype) == kTypes[i].size);
  }
  CHECK_TEXT(paperkite_dtype_name(0), "");
  CHECK_TEXT(paperkite_dtype_name(8), "");  // strings of ONNX
  CHECK(paperkite_dtype_size(-1) == 0);
}

static void the_library_has_the_version_of_its_header(void) { CHECK_TEXT(paperkite_version(), PAPERKITE_VERSION); }

int main(void) {
  integers_have_these_sizes();
  errors_have_these_numbers();
  ownership_and_scores_have_these_numbers();
  types_have_the_numbers_of_onnx();
  the_library_has_the_version_of_its_header();
  return failures == 0 ? 0 : 1;
}
