// SPDX-License-Identifier: Apache-2.0
// The frame of main(), which catches what no verb can answer for.
#include "cli/output/program.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/text_escape.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"

namespace kite::cli {

namespace {

int out_of_memory() {
  return print_error({ErrorCode::kLimit, "out of memory", {}, "use smaller inputs or fewer threads, or allow more"});
}

// The library and the verbs return their errors. Exceptions only report memory and threads that the system refuses.
int run_or_report(std::vector<std::string> arguments, const std::function<int(std::vector<std::string>)>& work) {
  try {
    return work(std::move(arguments));
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::length_error&) {  // more than any memory holds
    return out_of_memory();
  } catch (const std::system_error& error) {
    const bool is_shortage =
        error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
    return print_error({is_shortage ? ErrorCode::kLimit : ErrorCode::kIo,
                        error.what(),
                        {},
                        is_shortage ? "use fewer threads, or allow more processes and memory" : ""});
  }
}

// Reports output that could not be written, now or earlier: a full disk must not look like success.
int end_with(int exit_code) {
  standard_output().flush();
  const int failure = standard_output().failure();
  if (failure == 0) return exit_code;
  // The reader of a pipe may close it at any time; that is not an error.
  if (failure != EPIPE) {
    print_error({ErrorCode::kIo, std::string("the answer could not be written: ") + std::strerror(failure),
                 "standard output", "check the target of the output, and the free space there"});
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

// print() makes names harmless, except for their newlines. A newline would make the rest of the name look like a new
// message, so it is escaped here.
ExitCode print_error(const Error& error) {
  print(standard_error(), "kite: error[{}]: {}\n", error_code_name(error.code), escape_for_terminal(error.message()));
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
