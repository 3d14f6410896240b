// SPDX-License-Identifier: Apache-2.0
// How one member of a record becomes JSON and is checked when it comes back.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/decimal_text.h"
#include "base/json.h"
#include "paperkite/error.h"
#include "paperkite/try.h"
#include "race/journal/record_fields.h"
#include "race/journal/words.h"

namespace kite::race::fields {

using Json = nlohmann::ordered_json;

struct AnyVisitor {
  template <typename T>
  void operator()(const char*, T&) {}
};
template <typename T>
concept Fields = requires(T& record, AnyVisitor visitor) { each_field(record, visitor); };

// Declared before the containers that hold them.
template <Fields T>
Json put(const T& record);
template <Fields T>
kite::Status get(const Json& json, T& out);
Json put(const std::vector<Sample>& samples);
kite::Status get(const Json& json, std::vector<Sample>& out);
Json put(const std::map<std::int32_t, std::int32_t>& counts);
kite::Status get(const Json& json, std::map<std::int32_t, std::int32_t>& out);
Json put(const std::optional<double>& value);
kite::Status get(const Json& json, std::optional<double>& out);

inline Error wrong(std::string what) { return Error{ErrorCode::kInvalidInput, std::move(what), {}, {}}; }

// A float is written with the fewest digits that give the same float again, not with the digits of the equal double.
inline double shortest(float value) {
  const std::string text = shortest_text(value);
  double widened = value;
  std::from_chars(text.data(), text.data() + text.size(), widened);
  return static_cast<float>(widened) == value ? widened : double{value};
}

inline Json put(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}
inline Json put(float value) { return std::isfinite(value) ? Json(shortest(value)) : put(double{value}); }
inline Json put(bool value) { return value; }
inline Json put(const std::string& value) { return value; }
template <typename T>
  requires std::is_integral_v<T>
Json put(T value) {
  return value;
}
template <typename T>
  requires std::is_enum_v<T>
Json put(T value) {
  return std::string(word_of(value));
}
template <typename T>
Json put(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(put(value));
  return array;
}
template <typename T>
Json put(const std::map<std::string, T>& values) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object[key] = put(value);
  return object;
}

inline kite::Status get(const Json& json, std::string& out) {
  if (!json.is_string()) return wrong("is not text");
  out = json.get_ref<const std::string&>();
  return {};
}
inline kite::Status get(const Json& json, bool& out) {
  if (!json.is_boolean()) return wrong("is neither true nor false");
  out = json.get<bool>();
  return {};
}
template <typename T>
  requires std::is_floating_point_v<T>
kite::Status get(const Json& json, T& out) {
  if (json.is_number()) {
    out = static_cast<T>(json.get<double>());
    return {};
  }
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  if (json == "nan") {
    out = std::numeric_limits<T>::quiet_NaN();
  } else if (json == "inf") {
    out = kInfinity;
  } else if (json == "-inf") {
    out = -kInfinity;
  } else {
    return wrong("is not a number");
  }
  return {};
}
template <typename T>
  requires std::is_integral_v<T>
kite::Status get(const Json& json, T& out) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (!std::in_range<T>(value)) return wrong("is out of range");
    out = static_cast<T>(value);
    return {};
  }
  if (!json.is_number_integer()) return wrong("is not a whole number");
  const auto value = json.get<std::int64_t>();
  if (!std::in_range<T>(value)) return wrong("is out of range");
  out = static_cast<T>(value);
  return {};
}
template <typename T>
  requires std::is_enum_v<T>
kite::Status get(const Json& json, T& out) {
  std::string word;
  KITE_TRY(get(json, word));
  const std::optional<T> value = from_word<T>(word);
  if (!value) return wrong("is a word that is not known here");
  out = *value;
  return {};
}
template <typename T>
kite::Status get(const Json& json, std::vector<T>& out) {
  if (!json.is_array()) return wrong("is not an array");
  out.clear();
  out.reserve(json.size());
  for (const Json& item : json) {
    T value{};
    KITE_TRY(get(item, value));
    out.push_back(std::move(value));
  }
  return {};
}
template <typename T>
kite::Status get(const Json& json, std::map<std::string, T>& out) {
  if (!json.is_object()) return wrong("is not an object");
  out.clear();
  for (const auto& [key, item] : json.items()) {
    T value{};
    KITE_TRY(get(item, value));
    out[key] = std::move(value);
  }
  return {};
}

// Both visit a record's members under their names (record_fields.h).
class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* key, const T& value) {
    json_[key] = put(value);
  }

 private:
  Json& json_;
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* key, T& value) {
    if (!status_.ok()) return;
    const auto found = json_.find(key);
    if (found == json_.end()) return;
    status_ = get(*found, value);
    if (!status_.ok()) status_ = wrong('"' + std::string(key) + "\" " + status_.error().what);
  }
  [[nodiscard]] kite::Status status() && { return std::move(status_); }

 private:
  const Json& json_;
  kite::Status status_;
};

template <Fields T>
Json put(const T& record) {
  Json json = Json::object();
  each_field(record, Writer(json));
  return json;
}

template <Fields T>
kite::Status get(const Json& json, T& out) {
  if (!json.is_object()) return wrong("is not an object");
  Reader reader(json);
  each_field(out, reader);
  return std::move(reader).status();
}

}  // namespace kite::race::fields
