// SPDX-License-Identifier: Apache-2.0
// Calls write(2) until everything is written, or until it fails for good.
#include "cli/output/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

#include "base/text_escape.h"
#include "cli/output/interrupt.h"

namespace kite::cli {

namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); });
}

std::string harmless(std::string_view text) {
  std::string lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines += escape_for_terminal(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

// The reader of a pipe may never read again. Somebody who interrupts the program then does not have to do it twice:
// what the pipe does not take within kPatienceMs is given up.
void Output::write_through(std::string_view bytes) noexcept {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // more than 2 GiB is never written at once
  constexpr int kPatienceMs = 500;
  while (!bytes.empty() && failure_ == 0) {
    std::size_t most = kMost;
    if (is_interrupted()) {
      pollfd room{fd_, POLLOUT, 0};
      if (::poll(&room, 1, kPatienceMs) == 0) {
        failure_ = EINTR;
        return;
      }
      most = PIPE_BUF;  // so much is written without waiting
    }
    const ssize_t count = ::write(fd_, bytes.data(), std::min(bytes.size(), most));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // another process that shares the descriptor has made it non-blocking
      pollfd room{fd_, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
}

void Output::flush() noexcept {
  write_through({buffer_.data(), held_});
  held_ = 0;
}

void Output::write(std::string_view bytes) noexcept {
  if (bytes.empty()) return;  // of an empty tensor, the address may be null
  is_begun_ = true;
  if (bytes.size() > buffer_.size() - held_) flush();
  if (buffering_ == Buffering::kNone || bytes.size() > buffer_.size()) return write_through(bytes);
  std::memcpy(buffer_.data() + held_, bytes.data(), bytes.size());
  held_ += bytes.size();
}

Output& standard_output() {
  static Output output(STDOUT_FILENO,
                       ::isatty(STDOUT_FILENO) != 0 ? Output::Buffering::kNone : Output::Buffering::kFull);
  return output;
}

Output& standard_error() {
  static Output output(STDERR_FILENO, Output::Buffering::kNone);
  return output;
}

void print_text(Output& to, fmt::string_view format, fmt::format_args arguments) {
  const std::string text = fmt::vformat(format, arguments);
  to.write(is_plain(text) ? text : harmless(text));
}

void occupy_standard_descriptors() noexcept {
  // In ascending order, because open() returns the lowest free number.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) >= 0) continue;
    // Without /dev: a descriptor that only names a folder, and can neither read nor write.
    if (::open("/", O_PATH) < 0) return;
  }
}

}  // namespace kite::cli
