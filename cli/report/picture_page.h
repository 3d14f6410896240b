// SPDX-License-Identifier: Apache-2.0
// The page for one picture.
#pragma once

#include <string>

#include "cli/report/page_facts.h"
#include "cli/side_by_side.h"

namespace kite::cli {

// The whole page. `answer` has views with an overview, unless the picture failed.
[[nodiscard]] std::string picture_page(const PageFacts& facts, const std::string& name, const TimedAnswer& answer);

}  // namespace kite::cli
