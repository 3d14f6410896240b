// SPDX-License-Identifier: Apache-2.0
// Three sizes of race. The peer.toml of a variant says in which of them the variant races.
#include "race/job/presets.h"

#include <array>

namespace kite::race {

namespace {

constexpr std::array<std::string_view, 4> kReferences = {"onnxruntime-python", "onnxruntime-cpp", "onnxruntime-rust",
                                                         "kite"};
constexpr ProjectFile kDemoModel = {"models/regnet_x_400mf.onnx", ""};
constexpr ProjectFile kLargeModel = {"build/models/regnet_y_16gf.onnx", "make models"};
constexpr ProjectFile kDemoPictures = {"models/pictures", ""};
// As many as the study's test set had.
constexpr std::int64_t kStudyPictures = 2786;
constexpr ProjectFile kDrawnPictures = {"build/study-pictures", "tools/draw_study_pictures"};

const std::vector<Preset>& table() {
  static const std::vector<Preset> kPresets = {
      Preset{.name = "quick",
             .what = "three or four minutes: kite and ONNX Runtime from three languages, on the demo model",
             .peers = {"kite", "onnxruntime-python", "onnxruntime-cpp", "onnxruntime-rust"},
             .models = {kDemoModel},
             .pictures = kDemoPictures,
             .draw_pictures = {},
             .picture_count = 0,  // all 150: with fewer than a hundred, one near tie would be more than a percent
             // Also inc_pre: a whole program is ranked only if the answers of its own preprocessing agree.
             .modes = {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre},
             .tracks = {Track::kMatched},
             .threads = {},
             .axes = {},
             .rounds = 10,
             .heat_seconds = 60},
      Preset{.name = "study",
             .what = "an hour: the study's contestants and three more languages, both models, all its measures",
             .peers = {"kite", "pytorch", "libtorch", "onnxruntime-python", "onnxruntime-cpp", "onnxruntime-rust",
                       "onnxruntime-go", "onnxruntime-java", "onnxruntime-node"},
             .models = {kDemoModel, kLargeModel},
             .pictures = kDrawnPictures,
             .draw_pictures = "tools/draw_study_pictures",
             .picture_count = kStudyPictures,
             .modes = {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre},
             .tracks = {Track::kMatched},
             .threads = {},
             .axes = {{"onnxruntime-*", "optimisation-*", {Mode::kOneshot}, {0, 4, 8}},
                      {"onnxruntime-*", "", {Mode::kOneshot}, {0, 4, 8}}},
             .variants_on_first_model_only = true,
             .budget_minutes = 60,
             .memory = true},
      Preset{.name = "full",
             .what = "hours: every contestant that is ready, in every variant, on both tracks",
             .peers = {},
             .models = {kDemoModel, kLargeModel},
             .pictures = kDrawnPictures,
             .draw_pictures = "tools/draw_study_pictures",
             .picture_count = kStudyPictures,
             .modes = {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre},
             .tracks = {Track::kMatched, Track::kDefault},
             .threads = {},
             .axes = {{"onnxruntime-*", "optimisation-*", {Mode::kOneshot}, {0, 4, 8}},
                      {"onnxruntime-*", "", {Mode::kOneshot}, {0, 4, 8}}},
             .memory = true},
  };
  return kPresets;
}

}  // namespace

std::span<const Preset> presets() { return table(); }

const Preset* find_preset(std::string_view name) {
  for (const Preset& preset : table()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

std::span<const std::string_view> preferred_references() { return kReferences; }

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

}  // namespace kite::race
