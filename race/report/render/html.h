// SPDX-License-Identifier: Apache-2.0
// A document as one HTML page. It fetches nothing, and it has each plot as a picture and as a table.
#pragma once

#include <string>

#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] std::string html_page(const Document& document);

}  // namespace kite::race
