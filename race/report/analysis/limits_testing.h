// SPDX-License-Identifier: Apache-2.0
// For tests: limits as they are typed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "race/report/analysis/limits.h"

namespace kite::race {

inline std::vector<Limit> parsed_limits(const std::vector<std::string>& texts) {
  auto parsed = parse_limits(texts);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return parsed.ok() ? std::move(parsed).value() : std::vector<Limit>{};
}

}  // namespace kite::race
