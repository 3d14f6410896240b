// SPDX-License-Identifier: Apache-2.0
// From a command template of peer.toml to an argv, and from an argv to text that a person can paste into a shell.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

// The names that a template may use; peers/README.md has their meaning. `kite` is the kite program of this build.
inline constexpr std::string_view kPlaceholders[] = {"peer",    "home",   "root",   "kite",   "model",
                                                     "picture", "recipe", "labels", "inputs", "count",
                                                     "threads", "track",  "cache"};
// The names that `setup` and `check` may use: these are known before a race.
inline constexpr std::string_view kSetupPlaceholders[] = {"peer", "home", "root", "kite"};

using Values = std::map<std::string, std::string, std::less<>>;

// The placeholders of one word: "{model}" or "saved_model={cache}/m.onnx". A brace that does not enclose
// [a-z_]+ is a plain character.
[[nodiscard]] std::vector<std::string> placeholders_of(std::string_view word);

// Replaces the placeholders that `values` has. Any other placeholder remains in the word, to be replaced later.
[[nodiscard]] std::string expand(std::string_view word, const Values& values);
[[nodiscard]] std::vector<std::string> expand(std::span<const std::string> words, const Values& values);

[[nodiscard]] std::string quoted(std::span<const std::string> argv);

// Splits a command line into words. Blanks separate words; quotes and backslashes work as in a shell; no other
// character is special. kUsage: a quote is not closed, or there is no word at all.
[[nodiscard]] Result<std::vector<std::string>> split_words(std::string_view text);

}  // namespace kite::race
