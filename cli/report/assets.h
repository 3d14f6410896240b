// SPDX-License-Identifier: Apache-2.0
// The style and the script of the page, which CMakeLists.txt puts together from files; made when the project is built.
#pragma once

#include <string_view>

#include "cli/page/html_frame.h"

namespace kite::cli {

extern const std::string_view kReportStyle;
extern const std::string_view kReportStyleSha256;
extern const std::string_view kReportScript;
extern const std::string_view kReportScriptSha256;

[[nodiscard]] inline PageAssets report_assets() {
  return {kReportStyle, kReportStyleSha256, kReportScript, kReportScriptSha256, true};
}

}  // namespace kite::cli
