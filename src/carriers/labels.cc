// SPDX-License-Identifier: Apache-2.0
// What all forms of labels have in common: the final checks, the order by indices, and the choice of the form.
#include "carriers/labels.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <unordered_map>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/text_escape.h"
#include "carriers/python_literal.h"
#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Error bad(std::string what, std::string where = "", std::string remedy = "") {
  return {ErrorCode::kInvalidModel, std::move(what), std::move(where), std::move(remedy)};
}

// The reason why indices are not 0..n-1.
Error not_counted(std::vector<std::int64_t> indices) {
  std::sort(indices.begin(), indices.end());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto expected = static_cast<std::int64_t>(i);
    if (indices[i] == expected) continue;
    if (indices[i] < expected) return bad("class " + std::to_string(indices[i]) + " is named twice");
    return bad(
        "class " + std::to_string(i) + " has no label (the next one named is " + std::to_string(indices[i]) + ")", "",
        "name every class from 0 on");
  }
  return bad("there are no labels");
}

// Which side of the pairs holds the class indices.
enum class IndexSide : std::uint8_t { kFirst, kSecond };

Result<IndexSide> index_side(const TextPairs& entries) {
  const auto is_index = [](const std::string& text) { return class_index(text).has_value(); };
  const bool first = std::all_of(entries.begin(), entries.end(), [&](const auto& e) { return is_index(e.first); });
  const bool second = std::all_of(entries.begin(), entries.end(), [&](const auto& e) { return is_index(e.second); });
  const auto n = static_cast<std::int64_t>(entries.size());
  const auto in_range = [n](const std::string& text) { return *class_index(text) < n; };
  if (first && second) {
    const bool same = std::all_of(entries.begin(), entries.end(), [](const auto& e) { return e.first == e.second; });
    const bool both_count = std::all_of(entries.begin(), entries.end(),
                                        [&](const auto& e) { return in_range(e.first) && in_range(e.second); });
    if (!same && both_count) {
      return bad("keys and values are both numbers from 0 on, so it is not known which are the class indices", "",
                 "name the map \"id2label\" or \"label2id\"");
    }
    const bool values_count =
        std::all_of(entries.begin(), entries.end(), [&](const auto& e) { return in_range(e.second); });
    return values_count && !same ? IndexSide::kSecond : IndexSide::kFirst;
  }
  // Where neither side holds indices, the first key decides which side the message describes.
  return first || (!second && is_index(entries.front().first)) ? IndexSide::kFirst : IndexSide::kSecond;
}

std::string ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string() : lower_case(name.substr(dot + 1));
}

}  // namespace

std::optional<std::int64_t> class_index(std::string_view text) noexcept {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Labels> in_index_order(const std::vector<std::int64_t>& indices, const Labels& names) {
  Labels ordered(names.size());
  std::vector<bool> is_named(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= static_cast<std::int64_t>(names.size())) return std::nullopt;
    const auto index = static_cast<std::size_t>(indices[i]);
    if (is_named[index]) return std::nullopt;
    is_named[index] = true;
    ordered[index] = names[i];
  }
  return ordered;
}

Result<Labels> labels_from_index_map(const TextPairs& index_to_name) {
  if (index_to_name.empty()) return bad("there are no labels");
  Labels names;
  std::vector<std::int64_t> indices;
  std::unordered_map<std::int64_t, std::string_view> seen;
  for (const auto& [key, name] : index_to_name) {
    const auto index = class_index(key);
    if (!index) return bad("label key " + in_quotes(key) + " is not a class index");
    const auto [place, fresh] = seen.emplace(*index, name);
    if (!fresh) {
      return bad("class " + key.substr(0, 40) + " is named twice: it is both " + in_quotes(place->second) + " and " +
                 in_quotes(name));
    }
    indices.push_back(*index);
    names.push_back(name);
  }
  std::optional<Labels> ordered = in_index_order(indices, names);
  if (!ordered) return not_counted(std::move(indices));
  KITE_TRY(validate(*ordered));
  return std::move(*ordered);
}

Result<Labels> labels_from_name_map(const TextPairs& name_to_index) {
  TextPairs turned;
  for (const auto& [name, index] : name_to_index) {
    if (!class_index(index)) return bad("the class index of label " + in_quotes(name) + " is not a whole number");
    turned.emplace_back(index, name);
  }
  return labels_from_index_map(turned);
}

Result<Labels> labels_from_entries(const TextPairs& entries) {
  if (entries.empty()) return bad("there are no labels");
  KITE_TRY_ASSIGN(const IndexSide side, index_side(entries));
  return side == IndexSide::kFirst ? labels_from_index_map(entries) : labels_from_name_map(entries);
}

Error bad_labels(std::string what, std::string where, std::string remedy) {
  return {ErrorCode::kInvalidModel, std::move(what), std::move(where), std::move(remedy)};
}

Status validate(const Labels& labels) {
  if (labels.empty()) return bad("there are no labels");
  if (static_cast<std::int64_t>(labels.size()) > kMaxLabels) {
    return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxLabels) + " labels", "", ""};
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string where = "class " + std::to_string(i);
    if (labels[i].empty()) return bad("an empty label", where);
    if (static_cast<std::int64_t>(labels[i].size()) > kMaxLabelBytes) {
      return Error{ErrorCode::kLimit, "a label longer than " + std::to_string(kMaxLabelBytes) + " bytes", where, ""};
    }
    if (!is_valid_utf8(labels[i]))
      return bad("a label that is not UTF-8: " + in_quotes(labels[i]), where, "save the file as UTF-8");
  }
  return {};
}

std::string duplicate_warning(const Labels& labels) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto [place, fresh] = seen.emplace(labels[i], i);
    if (!fresh) {
      return "classes " + std::to_string(place->second) + " and " + std::to_string(i) + " have the same label " +
             in_quotes(labels[i]);
    }
  }
  return "";
}

Result<ReadLabels> labels_from_any_text(std::string_view bytes, std::int64_t classes) {
  KITE_TRY_ASSIGN(const std::string text, to_utf8(bytes));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const char opening = first == std::string::npos ? '\0' : text[first];
  if (opening == '[' || opening == '{') {
    Result<Json> json = parse_json(text, json_value_limit(classes));
    if (json.ok()) return labels_from_json(*json);
    if (json.error().code == ErrorCode::kLimit) return std::move(json).error();
    Result<Labels> names = parse_python_names(text);
    if (names.ok()) return ReadLabels{std::move(*names), ""};
    // A single quote is Python's, not JSON's, and so decides which of the two messages is more useful.
    const std::size_t next = text.find_first_not_of(" \t\r\n{[0123456789:", first);
    if (next != std::string::npos && text[next] == '\'') return std::move(names).error();
    return std::move(json).error();
  }
  if (opening == '(') {  // a tuple, or a name in brackets
    Result<Labels> names = parse_python_names(text);
    if (names.ok()) return ReadLabels{std::move(*names), ""};
  }
  return labels_from_text(text, classes);
}

Result<std::optional<ReadLabels>> labels_from_file(std::string_view name, std::string_view bytes,
                                                   std::int64_t classes) {
  const auto found = [](Result<ReadLabels> read) -> Result<std::optional<ReadLabels>> {
    if (!read.ok()) return std::move(read).error();
    return std::optional<ReadLabels>(std::move(*read));
  };
  const std::string ending = ending_of(name);
  KITE_TRY_ASSIGN(const std::string text, to_utf8(bytes));
  if (ending == "json") {
    KITE_TRY_ASSIGN(const Json json, parse_json(text, json_value_limit(classes)));
    return found(labels_from_json(json));
  }
  if (ending == "csv" || ending == "tsv") return found(labels_from_table(text, classes));
  if (ending == "yaml" || ending == "yml") return labels_from_yaml(text);
  if (ending == "pbtxt") {
    return Error{ErrorCode::kUnsupportedModel, "label maps of object detectors (.pbtxt) are not read", "",
                 "write one name on each line: whether id 1 is class 0 or 1 depends on a background class"};
  }
  return found(labels_from_any_text(text, classes));
}

}  // namespace kite
