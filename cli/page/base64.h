// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648), in which a page holds pictures and the hashes of its policy.
#pragma once

#include <string>
#include <string_view>

namespace kite {

[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace kite
