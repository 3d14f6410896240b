// SPDX-License-Identifier: Apache-2.0
// The names of a model's classes, in the order of its outputs, from every form in which people keep them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carriers/json_document.h"
#include "paperkite/error.h"

namespace kite {

using Labels = std::vector<std::string>;

inline constexpr std::int64_t kMaxLabels = 1 << 20;
inline constexpr std::int64_t kMaxLabelBytes = 4096;

// One label a line. A byte order mark, CRLF, lines that start with '#' and blank lines at the end are dropped; a blank
// line in between is an error, because every label after it would move. Where every line starts with a WordNet id
// ("n01440764 tench, Tinca tinca"), the rest of the line is the label.
[[nodiscard]] Result<Labels> labels_from_text(std::string_view text);

// ["a", "b"]; {"0": "a", "1": "b"}; {"0": ["n01440764", "tench"]}; {"a": 0, "b": 1}; {"labels": [...]};
// {"int_to_class": ..., "class_to_int": ...}, which must agree; Hugging Face's {"id2label": ..., "label2id": ...};
// timm's {"label_names": [...], "label_descriptions": {...}}.
[[nodiscard]] Result<Labels> labels_from_json(const Json& json);
// Whether an object has one of the named keys above (a config.json may hold no labels at all).
[[nodiscard]] bool has_labels(const Json& object);

// Text of a file that is either of the two: JSON when it starts with '[' or '{'.
[[nodiscard]] Result<Labels> labels_from_file_text(std::string_view text);

// Indices must be exactly 0..n-1.
[[nodiscard]] Result<Labels> labels_from_indices(const std::map<std::int64_t, std::string>& by_index);

// kInvalidModel for no label, an empty one, one that is not UTF-8; kLimit for too many or too long ones.
[[nodiscard]] Status validate(const Labels& labels);

// A sentence when two classes share a name ("crane" is twice in ImageNet), otherwise empty.
[[nodiscard]] std::string duplicate_warning(const Labels& labels);

}  // namespace kite
