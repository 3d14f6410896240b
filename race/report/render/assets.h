// SPDX-License-Identifier: Apache-2.0
// The style and the scripts of the race's pages, which CMakeLists.txt puts together from files, and the hashes by which
// a page's policy admits them; made when the project is built.
#pragma once

#include <string_view>

#include "cli/page/html_frame.h"

namespace kite::race {

extern const std::string_view kPageStyle;
extern const std::string_view kPageStyleSha256;
extern const std::string_view kPlotStyle;  // of a plot that stands alone: without the page's
extern const std::string_view kPlotStyleSha256;
extern const std::string_view kPageScript;
extern const std::string_view kPageScriptSha256;
extern const std::string_view kFlameScript;
extern const std::string_view kFlameScriptSha256;

[[nodiscard]] inline PageAssets page_assets() { return {kPageStyle, kPageStyleSha256, kPageScript, kPageScriptSha256}; }

}  // namespace kite::race
