// SPDX-License-Identifier: Apache-2.0
// The only function that prints errors.
#include <fmt/format.h>

#include <cstdio>

#include "race/commands/commands.h"

namespace kite::race {

int report_error(const Error& error) {
  fmt::print(stderr, "kite: error[{}]: {}\n", error_code_name(error.code), error.message());
  switch (error.code) {
    case ErrorCode::kUsage: return 2;
    case ErrorCode::kInvalidModel:
    case ErrorCode::kUnsupportedModel:
    case ErrorCode::kInvalidInput: return 3;
    case ErrorCode::kInvalidImage:
    case ErrorCode::kUnsupportedImage: return 4;
    case ErrorCode::kLimit: return 5;
    case ErrorCode::kIo: return 6;
    case ErrorCode::kInterrupted: return kInterrupted;
  }
  return 3;
}

}  // namespace kite::race
