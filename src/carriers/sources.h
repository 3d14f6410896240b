// SPDX-License-Identifier: Apache-2.0
// The sources of labels and recipes. A new source needs a file with its reader and a line in sources.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carriers/offers.h"
#include "paperkite/error.h"

namespace kite {

struct Source {
  std::string_view name;
  Status (*read)(Offers& offers);
};

[[nodiscard]] std::span<const Source> sources_in_order_of_trust() noexcept;

#define KITE_SOURCE(name) [[nodiscard]] Status read_##name(Offers& offers);
#include "carriers/sources.inc"
#undef KITE_SOURCE

// What files_beside() has to know of the sources: the names that are usual for labels, for a model of this name; and
// the name that a Triton configuration gives, which may be empty.
[[nodiscard]] std::vector<std::string> label_file_names(const std::string& stem);
// Files that have other names which say labels (label_names.h).
[[nodiscard]] std::vector<const FolderEntry*> other_label_files(ModelFolder& folder);
[[nodiscard]] Result<std::string> triton_label_file(const std::string& config_path);

}  // namespace kite
