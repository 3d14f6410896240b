// SPDX-License-Identifier: Apache-2.0
// Typed reading of JSON members; an Error names the key. Shared by the readers of recipes.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/printable.h"
#include "carriers/json_document.h"
#include "image/resize.h"
#include "paperkite/try.h"

namespace kite {

[[nodiscard]] Error bad_json(std::string what, std::string remedy = "");

// Null where the key is missing or its value is null.
[[nodiscard]] const Json* find_member(const Json& object, const char* key);

// A whole number of pixels (256.0 is whole); validate() checks its range.
[[nodiscard]] Result<std::int64_t> side_in(const Json& value, const std::string& key);

// n, [n] or [height, width]; `one` is true for a single number.
struct Sides {
  std::int64_t height;
  std::int64_t width;
  bool one;
};
[[nodiscard]] Result<Sides> sides_in(const Json& value, const std::string& key);

[[nodiscard]] Result<std::array<double, 3>> three_numbers_in(const Json& value, const std::string& key);
[[nodiscard]] Result<double> number_in(const Json& value, const std::string& key);
[[nodiscard]] Result<std::string> text_in(const Json& value, const std::string& key);
[[nodiscard]] Result<Filter> filter_in(const Json& value, const std::string& key);
// `otherwise` where the key is missing.
[[nodiscard]] Result<bool> flag_in(const Json& object, const char* key, bool otherwise);

// Fails when the word is neither of the two given words.
template <typename T>
[[nodiscard]] Result<T> one_of(const Json& value, const std::string& key, const char* first_word, T first,
                               const char* second_word, T second) {
  KITE_TRY_ASSIGN(const std::string word, text_in(value, key));
  if (word == first_word) return first;
  if (word == second_word) return second;
  return bad_json(in_quotes(key) + " is " + in_quotes(word),
                  std::string("use \"") + first_word + "\" or \"" + second_word + "\"");
}

}  // namespace kite
