// SPDX-License-Identifier: Apache-2.0
// The envelope of a record ("kind" first), and the members whose shape in JSON is not their shape in memory.
#include "race/journal/json.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "race/journal/json_fields.h"

namespace kite::race {

namespace fields {

Json put(const std::vector<Sample>& samples) {
  SampleColumns columns;
  for (const Sample& sample : samples) {
    columns.input.push_back(sample.input);
    columns.ms.push_back(sample.ms);
    columns.index.push_back(sample.index);
    columns.score.push_back(sample.score);
  }
  return put(columns);
}

kite::Status get(const Json& json, std::vector<Sample>& out) {
  SampleColumns columns;
  KITE_TRY(get(json, columns));
  const std::size_t n = columns.ms.size();
  if (columns.input.size() != n || columns.index.size() != n || columns.score.size() != n) {
    return wrong("has arrays of unequal lengths");
  }
  out.clear();
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back({columns.input[i], columns.ms[i], columns.index[i], columns.score[i]});
  }
  return {};
}

// The keys of JSON are text, so the ids of cells are written as text.
Json put(const std::map<std::int32_t, std::int32_t>& counts) {
  Json object = Json::object();
  for (const auto& [cell, count] : counts) object[std::to_string(cell)] = count;
  return object;
}

kite::Status get(const Json& json, std::map<std::int32_t, std::int32_t>& out) {
  if (!json.is_object()) return wrong("is not an object");
  out.clear();
  for (const auto& [key, value] : json.items()) {
    std::int32_t cell = 0;
    const auto parsed = std::from_chars(key.data(), key.data() + key.size(), cell);
    if (parsed.ec != std::errc() || parsed.ptr != key.data() + key.size())
      return wrong("has a key that is not a number");
    KITE_TRY(get(value, out[cell]));
  }
  return {};
}

Json put(const std::optional<double>& value) { return value ? put(*value) : Json(nullptr); }

kite::Status get(const Json& json, std::optional<double>& out) {
  out.reset();
  return json.is_null() ? kite::Status() : get(json, out.emplace());
}

}  // namespace fields

namespace {

// In the order of Record's alternatives.
constexpr std::array<const char*, std::variant_size_v<Record>> kKinds = {"plan",     "process", "parity",
                                                                         "decision", "note",    "set"};

template <std::size_t at = 0>
Result<Record> read_kind(const std::string& kind, const fields::Json& json) {
  if constexpr (at == std::variant_size_v<Record>) {
    return fields::wrong("\"kind\" is not plan, process, parity, decision, note or set");
  } else {
    if (kind != kKinds[at]) return read_kind<at + 1>(kind, json);
    std::variant_alternative_t<at, Record> record;
    KITE_TRY(fields::get(json, record));
    return Record(std::move(record));
  }
}

}  // namespace

std::string to_json(const Record& record) {
  fields::Json json = fields::Json::object();
  json["kind"] = kKinds[record.index()];
  std::visit([&json](const auto& alternative) { each_field(alternative, fields::Writer(json)); }, record);
  return json.dump(-1, ' ', false, fields::Json::error_handler_t::replace);
}

Result<Record> record_from_json(std::string_view line) {
  const fields::Json json = fields::Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return fields::wrong("is not a JSON object");
  const auto kind = json.find("kind");
  std::string word;
  if (kind == json.end() || !fields::get(*kind, word).ok()) return fields::wrong("has no \"kind\"");
  return read_kind(word, json);
}

}  // namespace kite::race
