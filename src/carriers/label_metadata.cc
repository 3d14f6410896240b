// SPDX-License-Identifier: Apache-2.0
// Labels under the metadata keys that exporters and users write.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carriers/label_names.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::array<std::string_view, 11> kKeys{"labels",     "class_names", "classnames",   "classes",
                                                 "id2label",   "label_names", "class_labels", "class_list",
                                                 "categories", "label2id",    "class_to_idx"};

// "cat, dog, kite" or one name on each line, where their number is the model's number of classes. Other text is not a
// list of labels and is ignored.
std::optional<ReadLabels> plain_list(std::string_view text, std::int64_t classes) {
  if (text.find('\n') != std::string_view::npos) {
    Result<ReadLabels> lines = labels_from_text(text, classes);
    const bool fits = lines.ok() && static_cast<std::int64_t>(lines->names.size()) == classes;
    return fits ? std::optional<ReadLabels>(std::move(*lines)) : std::nullopt;
  }
  if (classes < 2 || std::count(text.begin(), text.end(), ',') + 1 != classes) return std::nullopt;
  std::string lines(text);
  std::replace(lines.begin(), lines.end(), ',', '\n');
  Result<ReadLabels> names = labels_from_text(lines, classes);
  return names.ok() ? std::optional<ReadLabels>(std::move(*names)) : std::nullopt;
}

}  // namespace

Status read_label_metadata(Offers& offers) {
  std::vector<std::string_view> keys(kKeys.begin(), kKeys.end());
  for (const auto& [key, value] : offers.asked().metadata) {
    // Only among the usual keys, since a hostile model may have many others; the map has each of them once.
    if (names_labels(key) && std::ranges::find(kKeys, key) == kKeys.end()) keys.push_back(key);
  }
  for (const std::string_view key : keys) {
    const std::string* value = offers.metadata(key);
    if (value == nullptr || !offers.wants_labels()) continue;
    const std::string name = "metadata key " + std::string(key);
    const std::size_t first = value->find_first_not_of(" \t\r\n");
    const bool is_literal =
        first != std::string::npos && std::string_view("[{(").find((*value)[first]) != std::string_view::npos;
    if (is_literal) {
      KITE_TRY(offers.labels(name, Bond::kBeside, labels_from_any_text(*value, offers.asked().classes)));
    } else if (auto list = plain_list(*value, offers.asked().classes)) {
      KITE_TRY(offers.labels(name, Bond::kBeside, std::move(*list)));
    }
  }
  return {};
}

}  // namespace kite
