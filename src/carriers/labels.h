// SPDX-License-Identifier: Apache-2.0
// The names of a model's classes, in the order of its outputs, read from every form in which people store them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carriers/json_document.h"
#include "paperkite/error.h"

namespace kite {

using Labels = std::vector<std::string>;

inline constexpr std::int64_t kMaxLabels = 1 << 20;
inline constexpr std::int64_t kMaxLabelBytes = 4096;

// Labels as a carrier states them, and what the user should know about how they were read.
struct ReadLabels {
  Labels names;
  std::string remark;     // one sentence; empty where there was only one way to read them
  bool is_guess = false;  // nothing states that these are the model's labels
};

// In all readers `classes` is the number of the model's classes, 0 where it is not known. It decides when a file can be
// read in two ways, and only one of them gives as many labels as classes.

// One label on each line.
// 1. Blank lines at the end are dropped. A blank line between labels is an error where it may be a class, because every
//    label after it would move.
// 2. Lines that start with '#' are comments, unless all lines do, or unless there are `classes` labels only with them.
// 3. Where every line starts with a WordNet id ("n01440764 tench, Tinca tinca"), the rest of the line is the label.
// 4. Where every line starts (or ends) with a number, and the numbers are 0..n-1 in any order, they are the class
//    indices ("2 kite", "2: kite", "kite,2"), and the remark says so.
[[nodiscard]] Result<ReadLabels> labels_from_text(std::string_view text, std::int64_t classes = 0);

// CSV with ',', ';' or a tab, with or without a header. The index column is the one that holds 0..n-1 in any order. The
// labels are in the column with a title for labels, or in the only other column.
[[nodiscard]] Result<ReadLabels> labels_from_table(std::string_view text, std::int64_t classes = 0);

// The forms of JSON:
// 1. ["a", "b"]; [{"id": 0, "name": "a"}]; {"0": "a", "1": "b"}; {"0": ["n01440764", "tench"]}; {"a": 0, "b": 1}. Each
//    of them also as the value of "labels", "classes", "names" and similar keys.
// 2. {"int_to_class": ..., "class_to_int": ...}, which must agree.
// 3. Hugging Face's {"id2label": ..., "label2id": ...}; where they disagree the first is used, as in transformers.
// 4. timm's {"label_names": [...], "label_descriptions": {...}}, also in "pretrained_cfg".
[[nodiscard]] Result<ReadLabels> labels_from_json(const Json& json);
// Whether an object has one of the keys above (a config.json may hold no labels).
[[nodiscard]] bool has_labels(const Json& object);

// YAML as in ultralytics' data.yaml: plain or quoted names, as a list or as a mapping from indices, on the top level or
// below "names", "labels" or "classes". nullopt where the file has no such key; YAML outside this subset is refused.
[[nodiscard]] Result<std::optional<ReadLabels>> labels_from_yaml(std::string_view text);

// Reads JSON, a Python literal or text; the first character decides which of them.
[[nodiscard]] Result<ReadLabels> labels_from_any_text(std::string_view text, std::int64_t classes = 0);

// Reads a file's content. The ending of its name decides the form, and only then the first character. nullopt where the
// file may hold other things than labels, and holds no labels (a metadata.json of another program).
[[nodiscard]] Result<std::optional<ReadLabels>> labels_from_file(std::string_view name, std::string_view text,
                                                                 std::int64_t classes = 0);

using TextPairs = std::vector<std::pair<std::string, std::string>>;

// {"0": "a"} and {"a": "0"}. The indices must be exactly 0..n-1.
[[nodiscard]] Result<Labels> labels_from_index_map(const TextPairs& index_to_name);
[[nodiscard]] Result<Labels> labels_from_name_map(const TextPairs& name_to_index);
// Either direction, depending on which side holds the indices; kInvalidModel where both sides could, and do not agree.
[[nodiscard]] Result<Labels> labels_from_entries(const TextPairs& entries);

// kInvalidModel for labels that cannot be read.
[[nodiscard]] Error bad_labels(std::string what, std::string where = "", std::string remedy = "");

// kInvalidModel for an empty list, an empty label, or one that is not UTF-8; kLimit for too many or too long labels.
[[nodiscard]] Status validate(const Labels& labels);

// A sentence when two classes share a name ("crane" is twice in ImageNet), otherwise empty.
[[nodiscard]] std::string duplicate_warning(const Labels& labels);

// A number >= 0 in decimal digits; nullopt for any other text.
[[nodiscard]] std::optional<std::int64_t> class_index(std::string_view text) noexcept;

// `names` in the order of `indices`; nullopt unless the indices are 0..n-1, each once.
[[nodiscard]] std::optional<Labels> in_index_order(const std::vector<std::int64_t>& indices, const Labels& names);

}  // namespace kite
