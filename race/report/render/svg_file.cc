// SPDX-License-Identifier: Apache-2.0
// Puts style, paper and (where there is something to search) script into a picture.
#include "race/report/render/svg_file.h"

#include <fmt/format.h>

#include "race/report/render/assets.h"

namespace kite::race {

std::string standalone_svg(const Plot& plot) {
  std::string svg = plot.svg;
  const std::size_t opened = svg.find('>'), closed = svg.rfind("</svg>");
  if (opened == std::string::npos || closed == std::string::npos) return svg;
  if (svg.find("class=\"frame") != std::string::npos) {
    svg.insert(closed, fmt::format("<script>//<![CDATA[\n{}//]]></script>\n", kFlameScript));
  }
  svg.insert(opened + 1, fmt::format("\n<style>/*<![CDATA[*/\n{}/*]]>*/</style>\n"
                                     "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
                                     kPlotStyle));
  return svg;
}

}  // namespace kite::race
