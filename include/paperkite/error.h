// SPDX-License-Identifier: Apache-2.0
// Errors as values: every call that a file, a flag or a request can make fail returns a Result.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace kite {

// What kind of thing went wrong. The names are stable: they are printed as `error[NAME]` and appear in JSON.
enum class ErrorCode : std::uint8_t {
  kUsage,             // a flag or an argument cannot mean anything
  kInvalidModel,      // the model, plan or tensor contradicts its own format
  kUnsupportedModel,  // a valid model that needs something paperkite does not have
  kInvalidInput,      // a tensor handed to run() does not fit the model
  kInvalidImage,      // bytes that are not a readable picture
  kUnsupportedImage,  // a valid picture in a format or mode paperkite does not read
  kLimit,             // a budget (bytes, elements, nodes, pixels) would be exceeded
  kIo,                // the operating system refused
  kInterrupted,       // a signal stopped it
};

// The stable printed name of a code, e.g. "invalid-model".
[[nodiscard]] std::string_view error_code_name(ErrorCode code) noexcept;

struct Error {
  ErrorCode code = ErrorCode::kInvalidModel;
  std::string what;    // one clause: what is wrong, expected against found
  std::string where;   // file, byte offset, node or tensor; empty where nothing narrower is known
  std::string remedy;  // what to do; empty where there is nothing sensible to say

  // "what; where; remedy", leaving out the empty parts.
  [[nodiscard]] std::string message() const;

  // Puts a wider place in front of `where`: Error{.where = "node \"c\""}.in("m.onnx") -> m.onnx: node "c".
  [[nodiscard]] Error in(std::string_view outer) &&;
};

// A value or the Error that explains its absence.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Valid only when ok().
  [[nodiscard]] T& value() & { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T* operator->() { return std::get_if<0>(&state_); }
  [[nodiscard]] const T* operator->() const { return std::get_if<0>(&state_); }

  // Valid only when !ok().
  [[nodiscard]] Error& error() & { return *std::get_if<1>(&state_); }
  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&state_); }
  [[nodiscard]] Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] Error& error() & { return *error_; }
  [[nodiscard]] const Error& error() const& { return *error_; }
  [[nodiscard]] Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace kite
