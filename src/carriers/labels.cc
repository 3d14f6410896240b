// SPDX-License-Identifier: Apache-2.0
// Readers of label files; all end in validate().
#include "carriers/labels.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/printable.h"
#include "image/text_escape.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Error bad(std::string what, std::string where = "", std::string remedy = "") {
  return {ErrorCode::kInvalidModel, std::move(what), std::move(where), std::move(remedy)};
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// "n01440764", the id of a WordNet synset.
bool starts_with_synset(std::string_view line) {
  return line.size() >= 9 && line[0] == 'n' &&
         std::all_of(line.begin() + 1, line.begin() + 9, [](char c) { return c >= '0' && c <= '9'; }) &&
         (line.size() == 9 || line[9] == ' ' || line[9] == '\t' || line[9] == ',' || line[9] == ':');
}

std::optional<std::int64_t> index_in_key(std::string_view key) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(key.data(), key.data() + key.size(), value);
  if (status != std::errc{} || end != key.data() + key.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> index_in_value(const Json& value) {
  if (value.is_number_integer()) {
    const auto index = value.get<std::int64_t>();
    if (index >= 0) return index;
  } else if (value.is_string()) {
    return index_in_key(value.get_ref<const std::string&>());
  }
  return std::nullopt;
}

// {"0": "a"} or {"0": ["n01440764", "a"]}.
Result<Labels> from_index_keys(const Json& object) {
  std::map<std::int64_t, std::string> by_index;
  for (const auto& [key, value] : object.items()) {
    const auto index = index_in_key(key);
    if (!index) return bad("label key " + in_quotes(key) + " is not a class index");
    const Json& name = value.is_array() && value.size() == 2 ? value[1] : value;
    if (!name.is_string()) return bad("the label of class " + key.substr(0, 40) + " is not a string");
    if (!by_index.emplace(*index, name.get<std::string>()).second) {
      return bad("class " + std::to_string(*index) + " is named twice");
    }
  }
  return labels_from_indices(by_index);
}

// {"a": 0}.
Result<Labels> from_index_values(const Json& object) {
  std::map<std::int64_t, std::string> by_index;
  for (const auto& [key, value] : object.items()) {
    const auto index = index_in_value(value);
    if (!index) return bad("the class index of label " + in_quotes(key) + " is not a whole number");
    const auto [place, fresh] = by_index.emplace(*index, key);
    if (!fresh) {
      return bad("class " + std::to_string(*index) + " is both " + in_quotes(place->second) + " and " + in_quotes(key));
    }
  }
  return labels_from_indices(by_index);
}

Result<Labels> from_list(const Json& array) {
  Labels labels;
  for (const Json& value : array) {
    if (!value.is_string()) return bad("label " + std::to_string(labels.size()) + " is not a string");
    labels.push_back(value.get<std::string>());
  }
  KITE_TRY(validate(labels));
  return labels;
}

// A forward and a backward map of the same file. Hugging Face's backward map loses one of two equal names.
Result<Labels> from_both(const Json& object, const char* forward, const char* backward) {
  const auto by_index = object.find(forward);
  const auto by_name = object.find(backward);
  if (by_index == object.end()) {
    if (!by_name->is_object()) return bad(in_quotes(backward) + " is not an object");
    return from_index_values(*by_name);
  }
  if (!by_index->is_object()) return bad(in_quotes(forward) + " is not an object");
  KITE_TRY_ASSIGN(Labels labels, from_index_keys(*by_index));
  if (by_name == object.end()) return labels;
  if (!by_name->is_object()) return bad(in_quotes(backward) + " is not an object");
  for (const auto& [name, value] : by_name->items()) {
    const auto index = index_in_value(value);
    if (!index || *index >= static_cast<std::int64_t>(labels.size()) ||
        labels[static_cast<std::size_t>(*index)] != name) {
      return bad(in_quotes(forward) + " and " + in_quotes(backward) + " disagree about " + in_quotes(name), "",
                 "remove the wrong one of the two");
    }
  }
  for (const std::string& name : labels) {
    if (!by_name->contains(name)) {
      return bad("class " + in_quotes(name) + " is in " + in_quotes(forward) + " but not in " + in_quotes(backward), "",
                 "remove the wrong one of the two");
    }
  }
  return labels;
}

Result<Labels> from_timm(const Json& object) {
  const Json& names = object.at("label_names");
  if (!names.is_array()) return bad("\"label_names\" is not a list");
  KITE_TRY_ASSIGN(Labels labels, from_list(names));
  const auto descriptions = object.find("label_descriptions");
  if (descriptions == object.end() || !descriptions->is_object()) return labels;
  for (std::string& label : labels) {
    const auto found = descriptions->find(label);
    if (found != descriptions->end() && found->is_string()) label = found->get<std::string>();
  }
  KITE_TRY(validate(labels));
  return labels;
}

}  // namespace

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

Result<Labels> labels_from_indices(const std::map<std::int64_t, std::string>& by_index) {
  Labels labels;
  for (const auto& [index, name] : by_index) {
    if (index != static_cast<std::int64_t>(labels.size())) {
      return bad("class " + std::to_string(labels.size()) + " has no label (the next one named is " +
                     std::to_string(index) + ")",
                 "", "name every class from 0 on");
    }
    labels.push_back(name);
  }
  KITE_TRY(validate(labels));
  return labels;
}

Result<Labels> labels_from_text(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Labels labels;
  std::size_t line_number = 0;
  std::size_t blank_line = 0;  // the first blank line not followed by the end; 0 = none
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      if (blank_line == 0) blank_line = line_number;
      continue;
    }
    if (blank_line != 0 && !labels.empty()) {
      return bad("a blank line between labels", "line " + std::to_string(blank_line),
                 "remove it, or name the class: every label after it would move by one");
    }
    blank_line = 0;
    if (static_cast<std::int64_t>(labels.size()) == kMaxLabels) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxLabels) + " labels", "", ""};
    }
    labels.emplace_back(line);
  }
  const bool synset_words = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return starts_with_synset(label) && label.size() > 10;
  });
  if (synset_words) {
    for (std::string& label : labels) label = std::string(trimmed(std::string_view(label).substr(10)));
  }
  KITE_TRY(validate(labels));
  return labels;
}

bool has_labels(const Json& object) {
  if (!object.is_object()) return false;
  for (const char* key : {"labels", "int_to_class", "class_to_int", "id2label", "label2id", "label_names"}) {
    const auto found = object.find(key);
    if (found != object.end() && !found->is_null()) return true;
  }
  return false;
}

Result<Labels> labels_from_json(const Json& json) {
  if (json.is_array()) return from_list(json);
  if (!json.is_object()) return bad("the labels are neither a list nor an object");
  if (json.contains("labels")) {
    const Json& inner = json.at("labels");
    return inner.is_array()    ? from_list(inner)
           : inner.is_object() ? from_index_keys(inner)
                               : bad("\"labels\" is not a list");
  }
  if (json.contains("int_to_class") || json.contains("class_to_int")) {
    return from_both(json, "int_to_class", "class_to_int");
  }
  if (json.contains("label_names")) return from_timm(json);
  if (json.contains("id2label") || json.contains("label2id")) return from_both(json, "id2label", "label2id");
  if (json.empty()) return bad("there are no labels");
  // Both plain forms: the indices are the keys, or the values.
  return index_in_key(json.begin().key()) ? from_index_keys(json) : from_index_values(json);
}

Result<Labels> labels_from_file_text(std::string_view text) {
  std::string_view head = text;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (head[first] == '[' || head[first] == '{')) {
    KITE_TRY_ASSIGN(const Json json, parse_json(text));
    return labels_from_json(json);
  }
  return labels_from_text(text);
}

}  // namespace kite
