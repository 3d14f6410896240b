// SPDX-License-Identifier: Apache-2.0
// A cursor over the fields of one protocol-buffer message, with 64-bit lengths; after the first error it stays failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "paperkite/error.h"

namespace kite::onnx {

using Bytes = std::span<const std::byte>;

// What all cursors of one parse share: where the file begins, and the first failure. After a failure every cursor is at
// its end and reads zeros, so that parsing code needs to check only once, when it is done.
class ParseState {
 public:
  explicit ParseState(const std::byte* begin) : begin_(begin) {}
  void fail(ErrorCode code, std::string what, const std::byte* at, std::string remedy = {});
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  // Valid only when failed().
  [[nodiscard]] const Error& failure() const { return *failure_; }

 private:
  const std::byte* begin_;
  std::optional<Error> failure_;
};

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kFixed32 = 5 };

// protozero decodes the varints. Its own message reader is not used: it keeps lengths in 32 bits and would read a field
// of 2^32 + 5 bytes as one of 5 bytes.
class FieldReader {
 public:
  FieldReader(Bytes message, ParseState& state)
      : at_(message.data()), end_(message.data() + message.size()), field_at_(at_), state_(state) {}

  // Goes to the next field; false at the end of the message or after a failure. Each field that next() finds is then
  // consumed by exactly one call below.
  [[nodiscard]] bool next();
  [[nodiscard]] std::uint32_t field() const noexcept { return field_; }
  [[nodiscard]] WireType type() const noexcept { return type_; }
  // Where the current field begins.
  [[nodiscard]] const std::byte* position() const noexcept { return field_at_; }

  // Each fails when the field has another wire type.
  [[nodiscard]] std::int64_t varint();
  [[nodiscard]] float fixed32_float();
  [[nodiscard]] Bytes bytes();
  [[nodiscard]] std::string_view text();

  // One element of a repeated scalar: the bytes of a packed run, or of a single unpacked value of type `unpacked`.
  // Both hold the same encoding, so that a mixture is the concatenation of the runs.
  [[nodiscard]] Bytes run(WireType unpacked);

  // Skips the field. Also skips a whole group, which ONNX itself does not use.
  void skip();

 private:
  [[nodiscard]] bool expect(WireType type);
  [[nodiscard]] std::uint64_t read_varint();
  [[nodiscard]] Bytes take(std::uint64_t size_bytes);
  void skip_group();

  const std::byte* at_;
  const std::byte* end_;
  const std::byte* field_at_;
  ParseState& state_;
  std::uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
};

// Decodes the varint at the front of `run` and drops it; nullopt (and an empty run) when it is cut off or overlong.
[[nodiscard]] std::optional<std::uint64_t> take_varint(Bytes& run);

// The number of varints in a run: the number of bytes that end one.
[[nodiscard]] std::int64_t count_varints(Bytes run);

}  // namespace kite::onnx
