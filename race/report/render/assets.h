// SPDX-License-Identifier: Apache-2.0
// colours.css, page.css and plot.css, page.js, flame.js, and the hashes by which the page's policy admits them; made when the
// project is built.
#pragma once

#include <string_view>

namespace kite::race {

extern const std::string_view kPageStyle;
extern const std::string_view kPlotStyle;  // of a plot that stands alone: without page.css
extern const std::string_view kPageScript;
extern const std::string_view kFlameScript;
extern const std::string_view kPageStyleSha256;  // hexadecimal
extern const std::string_view kPageScriptSha256;

}  // namespace kite::race
