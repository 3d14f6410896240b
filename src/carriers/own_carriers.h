// SPDX-License-Identifier: Apache-2.0
// The names under which paperkite itself stores what a model means: the metadata of an ONNX file or a plan, and the
// same statements as keys of <model>.kite.json.
#pragma once

#include <array>
#include <string_view>

namespace kite {

inline constexpr const char* kLabelsKey = "paperkite.labels";
inline constexpr const char* kPreprocessKey = "paperkite.preprocess";
inline constexpr const char* kScoresFromKey = "paperkite.scores_from";
inline constexpr const char* kActivationKey = "paperkite.activation";

inline constexpr const char* kLabelsName = "labels";
inline constexpr const char* kPreprocessName = "preprocess";
inline constexpr const char* kScoresFromName = "scores_from";
inline constexpr const char* kActivationName = "activation";

// Each statement's key in metadata and in <model>.kite.json.
struct OwnCarrier {
  const char* key;
  const char* name;
};
inline constexpr std::array<OwnCarrier, 4> kOwnCarriers{{{kLabelsKey, kLabelsName},
                                                         {kPreprocessKey, kPreprocessName},
                                                         {kScoresFromKey, kScoresFromName},
                                                         {kActivationKey, kActivationName}}};

constexpr bool is_own_key(std::string_view key) noexcept {
  for (const OwnCarrier& carrier : kOwnCarriers) {
    if (key == carrier.key) return true;
  }
  return false;
}

}  // namespace kite
