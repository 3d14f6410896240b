// SPDX-License-Identifier: Apache-2.0
// Landlock, as the kernel's documentation describes it ("Landlock: unprivileged access control"). What is written here
// of its interface is newer than the headers of the oldest supported distribution.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "cli/sandbox/sandbox.h"

namespace kite::cli {

namespace {

// The same on all architectures.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;

constexpr unsigned kAskForVersion = 1;
constexpr int kRuleForPath = 1;

constexpr std::uint64_t bits(int count) { return (std::uint64_t{1} << count) - 1; }
constexpr std::uint64_t kReadFile = std::uint64_t{1} << 2;
constexpr std::uint64_t kReadFolder = std::uint64_t{1} << 3;

// struct landlock_ruleset_attr. A kernel takes as much of it as its version knows.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

// struct landlock_path_beneath_attr
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};

// Everything that a version can refuse.
Ruleset all_of(int version) {
  return {.files = version >= 5   ? bits(16)  // control of devices
                   : version >= 3 ? bits(15)  // truncation
                   : version == 2 ? bits(14)  // moves to other folders
                                  : bits(13),
          .network = version >= 4 ? bits(2) : 0,
          .scopes = version >= 6 ? bits(2) : 0};
}

std::size_t size_of(int version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

Error refused(const char* call) {
  return Error{ErrorCode::kLimit,
               std::string("the sandbox could not be made: ") + call + ": " + std::strerror(errno),
               {},
               "leave --sandbox out, or run where the kernel allows it"};
}

class OpenedForSandbox {
 public:
  explicit OpenedForSandbox(long fd) : fd_(static_cast<int>(fd)) {}
  OpenedForSandbox(const OpenedForSandbox&) = delete;
  OpenedForSandbox& operator=(const OpenedForSandbox&) = delete;
  ~OpenedForSandbox() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Status allow_reading(int ruleset, const std::string& path) {
  const OpenedForSandbox opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info{};
  // What is not there cannot be read either, and the one who reads it has the better message.
  if (opened.get() < 0 || ::fstat(opened.get(), &info) != 0) return {};
  const PathRule rule{kReadFile | (S_ISDIR(info.st_mode) ? kReadFolder : 0), opened.get()};
  // EBADFD: a pipe or a socket behind /dev/fd/N, which belongs to no folder, and which Landlock never refuses.
  if (::syscall(kAddRule, ruleset, kRuleForPath, &rule, 0) != 0 && errno != EBADFD) return refused("landlock_add_rule");
  return {};
}

}  // namespace

Result<int> landlock_version() {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskForVersion);
  if (version > 0) return static_cast<int>(version);
  // ENOSYS: the kernel was built without it, or another sandbox hides it. EOPNOTSUPP: it was started without it.
  return Error{ErrorCode::kLimit,
               std::string("this system has no Landlock, which --sandbox needs: ") + std::strerror(errno),
               {},
               "leave --sandbox out, or use Linux 5.13 or later, started with landlock in lsm="};
}

Status refuse_paths(const SandboxRules& rules, int landlock_version) {
  const Ruleset attributes = all_of(landlock_version);
  const OpenedForSandbox ruleset(::syscall(kCreateRuleset, &attributes, size_of(landlock_version), 0));
  if (ruleset.get() < 0) return refused("landlock_create_ruleset");
  for (const std::string& path : rules.readable) {
    if (Status allowed = allow_reading(ruleset.get(), path); !allowed.ok()) return allowed;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("prctl");
  if (::syscall(kRestrictSelf, ruleset.get(), 0) != 0) return refused("landlock_restrict_self");
  return {};
}

}  // namespace kite::cli
