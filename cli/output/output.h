// SPDX-License-Identifier: Apache-2.0
// Where bytes leave the program: checked, and without an exception when a disk is full or a reader is gone.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace kite::cli {

// A file descriptor with a buffer, so that writing allocates no memory. After the first failure, which is kept, all
// further output is dropped: an answer that ends early is better than one with a gap.
class Output {
 public:
  enum class Buffering { kFull, kNone };
  // The caller owns the descriptor.
  explicit Output(int fd, Buffering buffering = Buffering::kFull) : fd_(fd), buffering_(buffering) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes) noexcept;
  void flush() noexcept;
  // Whether anything was written, or is held to be.
  [[nodiscard]] bool is_begun() const noexcept { return is_begun_; }
  // errno of the first write that failed; 0 while all writes have succeeded.
  [[nodiscard]] int failure() const noexcept { return failure_; }

 private:
  void write_through(std::string_view bytes) noexcept;
  int fd_;
  Buffering buffering_;
  bool is_begun_ = false;
  int failure_ = 0;
  std::size_t held_ = 0;
  std::array<char, 16384> buffer_;
};

// Standard output, written line by line where it is a terminal. main() flushes it and checks failure().
[[nodiscard]] Output& standard_output();
// Standard error, written immediately. When a write fails, only that text is lost.
[[nodiscard]] Output& standard_error();

// Prints text for people. Names and labels come from foreign files, so characters that could control a terminal are
// shown as \xNN; newlines are kept. Text for programs is written unchanged, with Output::write().
void print_text(Output& to, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
void print(Output& to, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(to, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(standard_output(), format, fmt::make_format_args(arguments...));
}

// When a program is started without standard streams, its own files would get their numbers, and messages would be
// written into them. So each closed stream is replaced by a descriptor that fails for reads of standard input, and for
// writes of the others.
void occupy_standard_descriptors() noexcept;

}  // namespace kite::cli
