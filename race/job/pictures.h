// SPDX-License-Identifier: Apache-2.0
// The pictures of a race: which files, in which order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

// Absolute paths of the JPEG, PNG and WebP files of a folder and its subfolders, sorted by name. If `count` is not 0
// and there are more, `count` of them, evenly spaced. If `path` is one picture, a list of that picture.
// kUsage: the path does not exist or holds no picture.
[[nodiscard]] Result<std::vector<std::string>> list_pictures(const std::string& path, std::int64_t count);

// The one picture of oneshot: the demo's own where it is among them, else the first.
[[nodiscard]] const std::string& picture_of_oneshot(const std::vector<std::string>& pictures);

}  // namespace kite::race
