// SPDX-License-Identifier: Apache-2.0
// kite selftest: what the project's tests say of the machines that they ran on, said of this one.
#include "cli/selftest/selftest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/temporary_folder.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "cli/output/program.h"
#include "cli/selftest/checks.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

struct CheckGroup {
  std::string_view name;
  std::string_view says;
  void (*check)(Checks& checks);
};
constexpr std::array kGroups = {
    CheckGroup{"kernels", "the kernels for this processor compute what the portable operators compute", check_kernels},
    CheckGroup{"threads", "1 to 8 threads, alone and in a batch: the same bits", check_threads},
    CheckGroup{"models", "damaged models are refused, or answer", check_models},
    CheckGroup{"plans", "damaged plans are refused, or answer", check_plans},
    CheckGroup{"pictures", "damaged pictures of every format are refused, or decoded", check_pictures}};

// What came of a group in all rounds.
struct GroupResult {
  std::uint64_t count = 0;
  std::vector<std::string> failures;
};

// What a child that checks writes, in one go at its end: the number of checks, and a line for each failure.
std::string report_of(const Checks& checks) {
  std::string text = std::to_string(checks.count()) + '\n';
  for (std::string line : checks.failures()) {
    std::ranges::replace(line, '\n', ' ');
    text += line + '\n';
  }
  return text;
}

// Reads until the child has ended, or has taken longer than any group may.
std::string text_from(int child_end, pid_t child) {
  constexpr int kMostSeconds = 300;
  constexpr int kPatienceMs = 100;
  std::string text;
  char block[4096];
  for (int waited = 0; waited < kMostSeconds * 1000 / kPatienceMs;) {
    pollfd input{child_end, POLLIN, 0};
    if (::poll(&input, 1, kPatienceMs) <= 0) {
      if (is_interrupted()) break;
      ++waited;
      continue;
    }
    const ssize_t count = ::read(child_end, block, sizeof block);
    if (count == 0) return text;
    if (count > 0) text.append(block, static_cast<std::size_t>(count));
  }
  ::kill(child, SIGKILL);
  return text;
}

// In a child: a crash is a failed check, and the next group goes on.
Status add_round(const CheckGroup& group, std::uint32_t seed, const std::string& folder, GroupResult& tally) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return Error{ErrorCode::kLimit, std::string("pipe2: ") + std::strerror(errno), {}, {}};
  const pid_t child = ::fork();
  if (child < 0)
    return Error{ErrorCode::kLimit, std::string("cannot start a process: ") + std::strerror(errno), {}, {}};
  if (child == 0) {
    Checks checks(seed, folder);
    group.check(checks);
    const std::string text = report_of(checks);
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = ::write(pipe[1], text.data() + done, text.size() - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    ::_exit(0);
  }
  ::close(pipe[1]);
  const std::string text = text_from(pipe[0], child);
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (is_interrupted()) return Error{ErrorCode::kInterrupted, "interrupted", {}, {}};
  std::string_view rest = text;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  tally.count += count;
  if (status != 0 || error != std::errc()) {
    tally.failures.push_back(WIFSIGNALED(status) ? fmt::format("ended by a signal: {}", ::strsignal(WTERMSIG(status)))
                                                 : "ended early");
    return {};
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  for (std::size_t line = rest.find('\n'); line != std::string_view::npos; line = rest.find('\n')) {
    tally.failures.emplace_back(rest.substr(0, line));
    rest.remove_prefix(line + 1);
  }
  return {};
}

void print_report(const std::array<GroupResult, kGroups.size()>& tallies, double seconds, bool json) {
  std::uint64_t count = 0;
  std::size_t failed = 0;
  for (const GroupResult& tally : tallies) {
    count += tally.count;
    failed += tally.failures.size();
  }
  if (json) {
    auto groups = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < kGroups.size(); ++i) {
      groups[kGroups[i].name] = {{"checks", tallies[i].count}, {"failures", tallies[i].failures}};
    }
    const nlohmann::ordered_json all = {
        {"version", KITE_VERSION}, {"passed", failed == 0}, {"checks", count}, {"groups", std::move(groups)}};
    standard_output().write(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
    return;
  }
  for (std::size_t i = 0; i < kGroups.size(); ++i) {
    print("{:<10} {:>9}  {}\n", kGroups[i].name, tallies[i].count, kGroups[i].says);
    for (const std::string& failure : tallies[i].failures) print("  FAILED   {}\n", failure);
  }
  if (failed == 0) {
    print("passed: {} checks in {:.0f} s\n", count, seconds);
  } else {
    print("FAILED: {} of {} checks in {:.0f} s; please report it (SECURITY.md)\n", failed, count, seconds);
  }
}

}  // namespace

Result<ExitCode> selftest(double seconds, bool json) {
  KITE_TRY_ASSIGN(const TemporaryFolder folder, TemporaryFolder::create());
  remember_interrupts();
  standard_output().flush();
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::array<GroupResult, kGroups.size()> tallies;
  // Each group once, then again with other seeds while there is time.
  for (std::uint32_t round = 0; round == 0 || passed() < seconds; ++round) {
    for (std::size_t i = 0; i < kGroups.size() && (round == 0 || passed() < seconds); ++i) {
      KITE_TRY(add_round(kGroups[i], round, folder.path(), tallies[i]));
    }
  }
  print_report(tallies, passed(), json);
  const bool failed = std::ranges::any_of(tallies, [](const GroupResult& tally) { return !tally.failures.empty(); });
  return failed ? kSomeFailed : kOk;
}

}  // namespace kite::cli
