// SPDX-License-Identifier: Apache-2.0
// Labels from the many forms of JSON in which training code stores them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_map>

#include "base/printable.h"
#include "carriers/json_fields.h"
#include "carriers/labels.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Keys whose value is one of the plain forms.
constexpr std::array<const char*, 7> kListKeys{"labels",     "classes",    "names",     "class_names",
                                               "classnames", "categories", "class_list"};
// A forward and a backward map of one file.
struct MapPair {
  const char* forward;
  const char* backward;
  bool forward_wins;  // the forward map is used where the two disagree; false: nothing decides between them
};
constexpr std::array<MapPair, 4> kMapPairs{{{"int_to_class", "class_to_int", false},
                                            {"idx_to_class", "class_to_idx", false},
                                            {"index_to_name", "name_to_index", false},
                                            // transformers itself uses id2label.
                                            {"id2label", "label2id", true}}};
constexpr std::array<const char*, 6> kIdKeys{"id", "index", "idx", "class_id", "class_index", "label_id"};
constexpr std::array<const char*, 5> kNameKeys{"display_name", "name", "label", "class_name", "class"};

// Names may be numbers ("7"); null, booleans and nested values are not names.
std::optional<std::string> name_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

template <std::size_t kCount>
const Json* first_member(const Json& object, const std::array<const char*, kCount>& keys) {
  for (const char* key : keys) {
    if (const Json* found = find_member(object, key)) return found;
  }
  return nullptr;
}

// [{"id": 0, "name": "a"}], also without the ids.
Result<Labels> from_objects(const Json& array) {
  Labels names;
  TextPairs numbered;
  for (const Json& entry : array) {
    const std::string place = "entry " + std::to_string(names.size());
    if (!entry.is_object()) return bad_json(place + " of the labels is not an object like the first");
    const Json* value = first_member(entry, kNameKeys);
    const auto name = value == nullptr ? std::nullopt : name_in(*value);
    if (!name) return bad_json(place + " of the labels has no \"name\" or \"label\"");
    names.push_back(*name);
    const Json* id = first_member(entry, kIdKeys);
    const auto index = id == nullptr ? std::nullopt : name_in(*id);
    if (index) numbered.emplace_back(*index, *name);
  }
  if (numbered.empty()) {
    KITE_TRY(validate(names));
    return names;
  }
  if (numbered.size() != names.size()) return bad_json("some labels have an id, and others do not");
  return labels_from_index_map(numbered);
}

Result<Labels> from_list(const Json& array) {
  if (!array.empty() && array.front().is_object()) return from_objects(array);
  Labels labels;
  for (const Json& value : array) {
    // ["n01440764", "tench"]
    const bool has_synset = value.is_array() && value.size() == 2 && value.front().is_string();
    const auto name = name_in(has_synset ? value.back() : value);
    if (!name) return bad_json("label " + std::to_string(labels.size()) + " is not a string");
    labels.push_back(*name);
  }
  KITE_TRY(validate(labels));
  return labels;
}

Result<TextPairs> pairs_of(const Json& object, const std::string& what) {
  if (!object.is_object()) return bad_json(what + " is not an object");
  TextPairs pairs;
  for (const auto& [key, value] : object.items()) {
    const auto name = name_in(value.is_array() && value.size() == 2 ? value.back() : value);
    if (!name) return bad_json("the label of class " + key.substr(0, 40) + " is not a string");
    pairs.emplace_back(key, *name);
  }
  return pairs;
}

// A list, or a map in either direction.
Result<Labels> from_plain(const Json& json, const std::string& what) {
  if (json.is_array()) return from_list(json);
  KITE_TRY_ASSIGN(const TextPairs pairs, pairs_of(json, what));
  return labels_from_entries(pairs);
}

// Empty where the backward map agrees with `labels`. When two classes have one name, the map can hold only one of them.
std::string disagreement(const Labels& labels, const TextPairs& backward) {
  std::unordered_map<std::string_view, std::string_view> index_of;
  for (const auto& [name, index] : backward) {
    index_of.emplace(name, index);
    const auto place = class_index(index);
    const bool agrees =
        place && *place < static_cast<std::int64_t>(labels.size()) && labels[static_cast<std::size_t>(*place)] == name;
    if (!agrees) return "disagree about " + in_quotes(name);
  }
  for (const std::string& name : labels) {
    if (!index_of.contains(name)) return "differ: " + in_quotes(name) + " is not in the second";
  }
  return "";
}

Result<ReadLabels> from_both(const Json& object, const MapPair& keys) {
  const Json* by_index = find_member(object, keys.forward);
  const Json* by_name = find_member(object, keys.backward);
  ReadLabels read;
  if (by_index == nullptr) {
    KITE_TRY_ASSIGN(const TextPairs backward, pairs_of(*by_name, in_quotes(keys.backward)));
    KITE_TRY_ASSIGN(read.names, labels_from_name_map(backward));
    return read;
  }
  if (by_index->is_array()) {
    KITE_TRY_ASSIGN(read.names, from_list(*by_index));
  } else {
    KITE_TRY_ASSIGN(const TextPairs forward, pairs_of(*by_index, in_quotes(keys.forward)));
    KITE_TRY_ASSIGN(read.names, labels_from_index_map(forward));
  }
  if (by_name == nullptr) return read;
  KITE_TRY_ASSIGN(const TextPairs backward, pairs_of(*by_name, in_quotes(keys.backward)));
  const std::string difference = disagreement(read.names, backward);
  if (difference.empty()) return read;
  const std::string sentence = in_quotes(keys.forward) + " and " + in_quotes(keys.backward) + " " + difference;
  if (!keys.forward_wins) return bad_json(sentence, "remove the wrong one of the two");
  read.remark = sentence + "; the names are " + in_quotes(keys.forward) + "'s, as in transformers";
  return read;
}

Result<Labels> from_timm(const Json& object) {
  const Json& names = object.at("label_names");
  if (!names.is_array()) return bad_json("\"label_names\" is not a list");
  KITE_TRY_ASSIGN(Labels labels, from_list(names));
  const Json* descriptions = find_member(object, "label_descriptions");
  if (descriptions == nullptr || !descriptions->is_object()) return labels;
  for (std::string& label : labels) {
    const auto found = descriptions->find(label);
    if (found != descriptions->end() && found->is_string()) label = found->get<std::string>();
  }
  KITE_TRY(validate(labels));
  return labels;
}

// The object that holds timm's names: the config itself, or its "pretrained_cfg".
const Json* timm_holder(const Json& object) {
  if (find_member(object, "label_names") != nullptr) return &object;
  const Json* nested = find_member(object, "pretrained_cfg");
  return nested != nullptr && nested->is_object() && find_member(*nested, "label_names") != nullptr ? nested : nullptr;
}

const MapPair* map_pair_in(const Json& object) {
  for (const MapPair& keys : kMapPairs) {
    for (const char* key : {keys.forward, keys.backward}) {
      const Json* map = find_member(object, key);
      if (map != nullptr && (map->is_object() || map->is_array())) return &keys;
    }
  }
  return nullptr;
}

// A list or an object below one of the usual keys; a number below "classes" is their count.
const char* list_key_in(const Json& object) {
  for (const char* key : kListKeys) {
    const Json* value = find_member(object, key);
    if (value != nullptr && (value->is_array() || value->is_object())) return key;
  }
  return nullptr;
}

}  // namespace

bool has_labels(const Json& object) {
  return object.is_object() &&
         (list_key_in(object) != nullptr || map_pair_in(object) != nullptr || timm_holder(object) != nullptr);
}

Result<ReadLabels> labels_from_json(const Json& json) {
  const auto plain = [](Result<Labels> labels) -> Result<ReadLabels> {
    if (!labels.ok()) return std::move(labels).error();
    return ReadLabels{std::move(*labels), ""};
  };
  if (json.is_array()) return plain(from_list(json));
  if (!json.is_object()) return bad_json("the labels are neither a list nor an object");
  if (const char* key = list_key_in(json)) return plain(from_plain(json.at(key), in_quotes(key)));
  if (const Json* timm = timm_holder(json)) return plain(from_timm(*timm));
  if (const MapPair* keys = map_pair_in(json)) return from_both(json, *keys);
  return plain(from_plain(json, "the file"));
}

}  // namespace kite
