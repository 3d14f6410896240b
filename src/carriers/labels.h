// SPDX-License-Identifier: Apache-2.0
// The names of a model's classes, in the order of its outputs, from every form in which people keep them.
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

// Labels as a carrier gave them, and what the user should know of how they were read.
struct ReadLabels {
  Labels names;
  std::string remark;  // one sentence; empty where there was only one way to read them
};

// In all readers `classes` is the number of the model's classes, 0 where it is not known: it decides where a file can
// be read in two ways and only one of them fits.

// One label a line. Blank lines at the end are dropped. Lines that start with '#' are comments, unless all do or only
// with them there are `classes` labels. A blank line in between is an error where nothing says that it is no class,
// because every label after it would move. Where every line starts with a WordNet id ("n01440764 tench, Tinca tinca"),
// the rest of the line is the label. Where every line starts (or ends) with a number and these are 0..n-1 in any order,
// they are the class indices ("2 kite", "2: kite", "kite,2"), and the remark says so.
[[nodiscard]] Result<ReadLabels> labels_from_text(std::string_view text, std::int64_t classes = 0);

// CSV with ',', ';' or a tab, with or without a header. The index column is the one that counts 0..n-1 in any order;
// the labels are in the column whose title says so, or in the only other one.
[[nodiscard]] Result<ReadLabels> labels_from_table(std::string_view text, std::int64_t classes = 0);

// ["a", "b"]; [{"id": 0, "name": "a"}]; {"0": "a", "1": "b"}; {"0": ["n01440764", "tench"]}; {"a": 0, "b": 1}; each of
// them also below "labels", "classes", "names" and their kin; {"int_to_class": ..., "class_to_int": ...}, which must
// agree; Hugging Face's {"id2label": ..., "label2id": ...}, of which the first wins, as in transformers;
// timm's {"label_names": [...], "label_descriptions": {...}}, also in "pretrained_cfg".
[[nodiscard]] Result<ReadLabels> labels_from_json(const Json& json);
// Whether an object has one of the named keys above (a config.json may hold no labels at all).
[[nodiscard]] bool has_labels(const Json& object);

// YAML as ultralytics' data.yaml has it: a list, or a mapping of indices, of plain or quoted names on the top level or
// below "names", "labels" or "classes". Nothing where the file has no such key; what is beyond this subset is refused.
[[nodiscard]] Result<std::optional<ReadLabels>> labels_from_yaml(std::string_view text);

// Whichever of JSON, a Python literal and text it is: the first character tells.
[[nodiscard]] Result<ReadLabels> labels_from_any_text(std::string_view text, std::int64_t classes = 0);

// A file's content; the ending of its name goes before the first character. Nothing where the form has room for labels
// and the file holds none (a metadata.json of another program).
[[nodiscard]] Result<std::optional<ReadLabels>> labels_from_file(std::string_view name, std::string_view text,
                                                                 std::int64_t classes = 0);

using TextPairs = std::vector<std::pair<std::string, std::string>>;

// {"0": "a"} and {"a": "0"}. The indices must be exactly 0..n-1.
[[nodiscard]] Result<Labels> labels_from_index_map(const TextPairs& index_to_name);
[[nodiscard]] Result<Labels> labels_from_name_map(const TextPairs& name_to_index);
// Either of them, whichever side holds the indices; kInvalidModel where both could, and would not agree.
[[nodiscard]] Result<Labels> labels_from_entries(const TextPairs& entries);

// kInvalidModel for no label, an empty one, one that is not UTF-8; kLimit for too many or too long ones.
[[nodiscard]] Status validate(const Labels& labels);

// A sentence when two classes share a name ("crane" is twice in ImageNet), otherwise empty.
[[nodiscard]] std::string duplicate_warning(const Labels& labels);

// 0.. in decimal digits; nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> class_index(std::string_view text) noexcept;

// The order that `indices` gives to `names`; nothing unless they are 0..n-1, each once.
[[nodiscard]] std::optional<Labels> in_index_order(const std::vector<std::int64_t>& indices, const Labels& names);

}  // namespace kite
