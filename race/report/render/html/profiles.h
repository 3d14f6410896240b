// SPDX-License-Identifier: Apache-2.0
// Profiles: their section in report.html, the page that it links to, and pictures that can be opened alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/journal/journal.h"
#include "race/report/plots/stacks.h"
#include "race/report/render/html/sections.h"

namespace kite::race {

// From the journal alone; nullopt where nothing was profiled.
[[nodiscard]] std::optional<Section> profile_section(const Journal& journal);

// What the files of one profiled process hold.
struct ProfileFigures {
  std::size_t process = 0;  // its index in Journal::processes
  std::vector<FunctionShare> functions;
  double samples = 0;
  std::optional<Plot> flame, memory;
  std::string stacks_file, svg_file, memory_file;  // relative to the race's folder; empty: none
  std::string missing;                             // a file that the journal names and that cannot be read
};

[[nodiscard]] std::string profile_page(const Journal& journal, const std::vector<ProfileFigures>& profiles);

// With the style inside, and for flame graphs a search; opened by a browser, it needs nothing else.
[[nodiscard]] std::string standalone_svg(const Plot& plot);

}  // namespace kite::race
