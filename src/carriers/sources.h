// SPDX-License-Identifier: Apache-2.0
// The sources of labels and recipes. A new source needs a file with its reader and a line in sources.inc.
#pragma once

#include <span>
#include <string_view>

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

}  // namespace kite
