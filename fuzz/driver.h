// SPDX-License-Identifier: Apache-2.0
// What all fuzz drivers share. A driver is a function of any bytes: it returns, or it stops the program, which is a
// find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "paperkite/error.h"
#include "paperkite/try.h"

namespace kite::fuzz {

using Bytes = std::span<const std::byte>;

#define KITE_FUZZ_DRIVER(name, corpora) void name(Bytes bytes);
#include "drivers.inc"
#undef KITE_FUZZ_DRIVER

inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Stops unless the error says what is wrong and has one of the codes that the reader promises.
inline void check_error(const Error& error, std::initializer_list<ErrorCode> promised) {
  bool is_promised = false;
  for (const ErrorCode code : promised) is_promised = is_promised || code == error.code;
  KITE_CHECK(is_promised);
  KITE_CHECK(!error.what.empty());
}

// Takes an input apart: each call takes the next bytes. At the end there are only zeros.
class Taker {
 public:
  explicit Taker(Bytes bytes) : rest_(bytes) {}

  [[nodiscard]] bool is_empty() const noexcept { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto taken = static_cast<std::uint8_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    return taken;
  }
  // The next bytes, at most `most`: their number is the first of them.
  Bytes run(std::size_t most = 255) {
    const std::size_t wanted = byte();
    const Bytes taken = rest_.first(wanted < most ? (wanted < rest_.size() ? wanted : rest_.size())
                                                  : (most < rest_.size() ? most : rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes rest() {
    const Bytes taken = rest_;
    rest_ = {};
    return taken;
  }

 private:
  Bytes rest_;
};

}  // namespace kite::fuzz
