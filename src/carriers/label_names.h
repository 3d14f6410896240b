// SPDX-License-Identifier: Apache-2.0
// Whether a name, of a file or of a metadata key, says "labels of the classes" and nothing else.
#pragma once

#include <string_view>

namespace kite {

// The words of `name` are compared, however they are joined: "class-labels", "ClassLabels", "imagenet_labels" and
// "idx2label" are such names, "class_weights", "output_names" and "train_labels" are not. Words of `stem`, the model's
// own name, may stand beside them.
[[nodiscard]] bool names_labels(std::string_view name, std::string_view stem = {});
// The same for the name of a file: its ending must be that of a text, a table, JSON or YAML, or be such a word itself.
[[nodiscard]] bool file_names_labels(std::string_view name, std::string_view stem);

}  // namespace kite
