// SPDX-License-Identifier: Apache-2.0
// Where bytes leave the program: checked, and without an exception when a disk is full or a reader is gone.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace kite::cli {

// A file descriptor with a buffer of its own, so that writing asks for no memory. The first failure is kept; whatever
// comes after it is dropped, because an answer with a hole is worse than one that ends.
class Output {
 public:
  enum class Buffering { kFull, kNone };
  // The descriptor stays the caller's.
  explicit Output(int fd, Buffering buffering = Buffering::kFull) : fd_(fd), buffering_(buffering) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes) noexcept;
  void flush() noexcept;
  // errno of the first write that failed; 0 while everything was taken.
  [[nodiscard]] int failure() const noexcept { return failure_; }

 private:
  void write_through(std::string_view bytes) noexcept;
  int fd_;
  Buffering buffering_;
  int failure_ = 0;
  std::size_t held_ = 0;
  std::array<char, 16384> buffer_;
};

// Line by line where it is a terminal. main() flushes it and looks at failure().
[[nodiscard]] Output& standard_output();
// At once. What it does not take is lost, and nothing else is.
[[nodiscard]] Output& standard_error();

// Text for people: names and labels come from foreign files, and what could steer a terminal is shown as \xNN. Newlines
// stay. What programs read goes through Output::write() as it is.
void print_text(Output& to, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
void print(Output& to, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(to, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(standard_output(), format, fmt::make_format_args(arguments...));
}

// A program that is started without standard streams must not have its own files take their numbers, and be written
// into by every message. Each closed one becomes a descriptor that refuses what the stream is for.
void occupy_standard_descriptors() noexcept;

}  // namespace kite::cli
