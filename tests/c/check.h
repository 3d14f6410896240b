// SPDX-License-Identifier: Apache-2.0
// What the tests in C share: a check that says where it failed, and errors that must have come.
#ifndef TESTS_C_CHECK_H
#define TESTS_C_CHECK_H

#include <paperkite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                                    \
    }                                                                                \
  } while (0)

#define CHECK_TEXT(text, expected) check_text(__LINE__, text, expected)
// The call succeeds.
#define GOOD(call) check_error(__LINE__, #call, call, PAPERKITE_OK, "")
// The call fails with this code, and its message holds these words.
#define BAD(call, code, words) check_error(__LINE__, #call, call, code, words)

static inline void check_text(int line, const char* text, const char* expected) {
  if (text != NULL && strcmp(text, expected) == 0) return;
  fprintf(stderr, "line %d: \"%s\" is not \"%s\"\n", line, text == NULL ? "(null)" : text, expected);
  ++failures;
}

static inline void check_error(int line, const char* call, paperkite_error* error, int32_t code, const char* words) {
  if (paperkite_error_code(error) != code || strstr(paperkite_error_message(error), words) == NULL) {
    fprintf(stderr, "line %d: %s\n  gave %d \"%s\"\n  and not %d \"%s\"\n", line, call,
            (int)paperkite_error_code(error), paperkite_error_message(error), (int)code, words);
    ++failures;
  }
  paperkite_error_free(error);
}

// A whole file; exits where it cannot be read.
static inline unsigned char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(2);
  }
  const long end = ftell(file);
  rewind(file);
  unsigned char* bytes = (unsigned char*)malloc((size_t)end + 1);
  if (bytes == NULL || fread(bytes, 1, (size_t)end, file) != (size_t)end) {
    perror(path);
    exit(2);
  }
  fclose(file);
  *size = (size_t)end;
  return bytes;
}

#endif
