// SPDX-License-Identifier: Apache-2.0
// One whole picture of each format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kite::cli {

struct SmallPicture {
  std::string_view format;
  std::string bytes;
};

[[nodiscard]] std::vector<SmallPicture> small_pictures();

}  // namespace kite::cli
