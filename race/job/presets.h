// SPDX-License-Identifier: Apache-2.0
// The presets of --preset, as data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// Further numbers of threads for some variants: the axis "optimisation level x threads" of the study.
struct ThreadAxis {
  std::string_view peers;     // a name, or the beginning of names before a '*'
  std::string_view variants;  // likewise; "" is the plain variant
  std::vector<Mode> modes;
  std::vector<std::int32_t> threads;  // 0: the library's own number
};

// A file of the project that may have to be made first.
struct ProjectFile {
  std::string_view path;   // relative to the project's root
  std::string_view maker;  // the command line that makes it, for a message; empty: it is in the repository
};

struct Preset {
  std::string_view name, what;
  std::vector<std::string_view> peers;  // empty: all peers of the folder
  std::vector<ProjectFile> models;
  ProjectFile pictures;
  std::string_view draw_pictures;  // the program that makes the pictures' folder when it is missing
  std::int64_t picture_count = 0;  // evenly spaced in the list; 0: all
  std::vector<Mode> modes;
  std::vector<Track> tracks;
  std::vector<std::int32_t> threads;  // empty: the machine's own number
  std::vector<ThreadAxis> axes;
  bool variants_on_first_model_only = false;  // variants and axes; the other models are for the plain variants
  std::int32_t rounds = 0;                    // 0: the pilot decides
  double heat_seconds = 0;                    // of one heat; 0: what the budget leaves
  double budget_minutes = 0;                  // 0: none
  bool memory = false;  // a traced process for each cell; instructions and heap under valgrind, once a contestant
};

// quick, study, full.
[[nodiscard]] std::span<const Preset> presets();
[[nodiscard]] const Preset* find_preset(std::string_view name);
// If the command line names no reference: the first of these that can run, or else the first contestant that can run.
[[nodiscard]] std::span<const std::string_view> preferred_references();

// `pattern` as in ThreadAxis.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

}  // namespace kite::race
