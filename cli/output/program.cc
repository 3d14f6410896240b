// SPDX-License-Identifier: Apache-2.0
// The frame of main(), which catches what no verb can answer for.
#include "cli/output/program.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/presentable.h"
#include "base/text_escape.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"

namespace kite::cli {

namespace {

// A newline would make the rest of a name look like a new message, so it is escaped, too.
void write_escaped(Output& line, std::string_view text) noexcept {
  std::array<char, 16> space;
  while (!text.empty()) line.write(take_escaped(text, space));
}

// An Error needs memory for its texts; these are the parts of one.
int print_parts(ErrorCode code, std::string_view what, std::string_view where, std::string_view remedy) noexcept {
  Output line(STDERR_FILENO);  // one write() for the whole line
  line.write("kite: error[");
  line.write(error_code_name(code));
  line.write("]");
  const char* between = ": ";
  for (const std::string_view part : {what, where, remedy}) {
    if (part.empty()) continue;
    line.write(std::exchange(between, "; "));
    write_escaped(line, part);
  }
  line.write("\n");
  line.flush();
  return exit_code_of(code);
}

int out_of_memory() noexcept {
  return print_parts(ErrorCode::kLimit, KITE_OUT_OF_MEMORY, KITE_THIS_PROCESS, KITE_MORE_MEMORY);
}

// The library and the verbs return their errors. Exceptions only report memory and threads that the system refuses.
int run_or_report(std::span<char* const> arguments, const std::function<int(std::vector<std::string>)>& work) noexcept {
  try {
    return work({arguments.begin(), arguments.end()});
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::length_error&) {  // more than any memory holds
    return out_of_memory();
  } catch (const std::system_error& error) {
    const bool is_shortage =
        error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
    return print_parts(is_shortage ? ErrorCode::kLimit : ErrorCode::kIo, error.what(), KITE_THIS_PROCESS,
                       is_shortage ? KITE_MORE_PROCESSES : "");
  }
}

// Reports output that could not be written, now or earlier: a full disk must not look like success.
int end_with(int exit_code) noexcept {
  standard_output().flush();
  const int failure = standard_output().failure();
  if (failure == 0) return exit_code;
  // The reader of a pipe may close it at any time, and an interrupt may end the wait for it; that is not an error.
  if (failure != EPIPE && failure != EINTR) {
    std::array<char, 200> what;
    std::snprintf(what.data(), what.size(), "the answer could not be written: %s", std::strerror(failure));
    print_parts(ErrorCode::kIo, what.data(), "standard output",
                "check the target of the output, and the free space there");
  }
  return exit_code == kOk || exit_code == kSomeFailed ? kIo : exit_code;
}

}  // namespace

ExitCode exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage: return kUsage;
    case ErrorCode::kInvalidModel:
    case ErrorCode::kUnsupportedModel:
    case ErrorCode::kInvalidInput: return kModel;
    case ErrorCode::kInvalidImage:
    case ErrorCode::kUnsupportedImage: return kImage;
    case ErrorCode::kLimit: return kLimit;
    case ErrorCode::kIo: return kIo;
    case ErrorCode::kInterrupted: return kInterrupted;
  }
  return kModel;
}

// The usual remedy of a code is a copy, for which there may be no memory.
ExitCode print_error(const Error& error) noexcept {
  try {
    const Error shown = presentable(error);
    print_parts(shown.code, shown.what, shown.where, shown.remedy);
  } catch (const std::bad_alloc&) {
    print_parts(error.code, error.what, error.where, error.remedy);
  }
  return exit_code_of(error.code);
}

void warn(std::string_view text) { print(standard_error(), "kite: warning: {}\n", escape_for_terminal(text)); }

int run_program(int argc, char** argv, const std::function<int(std::vector<std::string>)>& work) {
  occupy_standard_descriptors();
  std::signal(SIGXFSZ, SIG_IGN);
  end_on_interrupts();
  return end_with(run_or_report({argv + std::min(argc, 1), argv + argc}, work));
}

}  // namespace kite::cli
