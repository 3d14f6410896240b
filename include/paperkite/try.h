// SPDX-License-Identifier: Apache-2.0
// KITE_TRY and KITE_TRY_ASSIGN pass an Error up; KITE_CHECK stops the program on a bug of ours, never on bad input.
#pragma once

#include "paperkite/error.h"

#define KITE_CONCAT_INNER(a, b) a##b
#define KITE_CONCAT(a, b) KITE_CONCAT_INNER(a, b)

// KITE_TRY(status_expression);
#define KITE_TRY(expression)                                  \
  do {                                                        \
    if (auto kite_status = (expression); !kite_status.ok()) { \
      return std::move(kite_status).error();                  \
    }                                                         \
  } while (false)

// KITE_TRY_ASSIGN(auto value, result_expression);
#define KITE_TRY_ASSIGN(declaration, expression) \
  KITE_TRY_ASSIGN_INNER(KITE_CONCAT(kite_result_, __LINE__), declaration, expression)
#define KITE_TRY_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).error();          \
  declaration = std::move(result).value()

#define KITE_CHECK(condition)                                                                     \
  do {                                                                                            \
    if (!(condition)) {                                                                           \
      std::fprintf(stderr, "%s:%d: internal check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
