// SPDX-License-Identifier: Apache-2.0
// The checks of each typed read.
#include "carriers/json_fields.h"

#include <cmath>
#include <optional>
#include <utility>

#include "image/recipe.h"

namespace kite {
namespace {

// JSON numbers become pixels only when they are whole and within a plausible range; 256.0 is whole.
std::optional<std::int64_t> whole(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  if (!(std::abs(number) <= 1e9) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

Error bad_json(std::string what, std::string remedy) {
  return {ErrorCode::kInvalidModel, std::move(what), "", std::move(remedy)};
}

const Json* find_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::int64_t> side_in(const Json& value, const std::string& key) {
  if (const auto number = whole(value)) return *number;
  return bad_json(in_quotes(key) + " is not a whole number of pixels", "");
}

Result<Sides> sides_in(const Json& value, const std::string& key) {
  if (value.is_array() && (value.size() == 1 || value.size() == 2)) {
    KITE_TRY_ASSIGN(const std::int64_t height, side_in(value.front(), key));
    KITE_TRY_ASSIGN(const std::int64_t width, side_in(value.back(), key));
    return Sides{height, width, value.size() == 1};
  }
  if (value.is_array())
    return bad_json(in_quotes(key) + " has " + std::to_string(value.size()) + " values, not 1 or 2");
  KITE_TRY_ASSIGN(const std::int64_t n, side_in(value, key));
  return Sides{n, n, true};
}

Result<std::array<double, 3>> three_numbers_in(const Json& value, const std::string& key) {
  std::array<double, 3> numbers{};
  const bool is_one = value.is_number() || (value.is_array() && value.size() == 1);
  if (!is_one && (!value.is_array() || value.size() != 3)) {
    return bad_json(in_quotes(key) + " must be one number, or a list of three, one for each channel");
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const Json& number = value.is_number() ? value : is_one ? value[0] : value[i];
    if (!number.is_number()) return bad_json(in_quotes(key) + " holds something that is not a number");
    numbers[i] = number.get<double>();
  }
  return numbers;
}

Result<double> number_in(const Json& value, const std::string& key) {
  if (value.is_number()) return value.get<double>();
  return bad_json(in_quotes(key) + " is not a number");
}

Result<std::string> text_in(const Json& value, const std::string& key) {
  if (value.is_string()) return value.get<std::string>();
  return bad_json(in_quotes(key) + " is not a string");
}

Result<bool> flag_in(const Json& object, const char* key, bool otherwise) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  return bad_json(in_quotes(key) + " is not true or false");
}

Result<Filter> filter_in(const Json& value, const std::string& key) {
  KITE_TRY_ASSIGN(const std::string name, text_in(value, key));
  if (const auto filter = filter_by_name(name)) return *filter;
  return bad_json("unknown interpolation " + in_quotes(name),
                  "use nearest, box, bilinear, hamming, bicubic or lanczos");
}

}  // namespace kite
