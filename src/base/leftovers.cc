// SPDX-License-Identifier: Apache-2.0
// A table of paths in memory that is never freed, and a removal that allocates nothing.
#include "base/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>

namespace kite {

namespace {

// A signal handler cannot read an object that another thread may be moving, so the paths are copied. Only tests have
// more files than this open at once; the signal handler does not remove those beyond this number.
// The paths lie apart from their states, and need no constructor: a start touches no page of them that it does not use.
enum LeftoverState : int { kFree, kBeingFilled, kFile, kFolder };
constexpr std::size_t kSlots = 16;
constinit std::array<std::atomic<int>, kSlots> states{};
constinit std::array<std::array<char, PATH_MAX>, kSlots> paths{};

constexpr int kDeepest = 8;  // a model that was unpacked from a zip has one or two levels

// Calls itself as deep as the folders lie in each other, at most kDeepest times. opendir() is not allowed in a signal
// handler, because it allocates memory.
void remove_entries(int above, const char* name, int depth) noexcept {
  const int folder = ::openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return;
  alignas(dirent64) char entries[2048];
  bool has_removed = true;
  while (has_removed) {  // where names are removed, the system may skip some of the others
    has_removed = false;
    ::lseek(folder, 0, SEEK_SET);
    for (long count = 0; (count = ::syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;) {
      for (long at = 0; at < count;) {
        const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
        at += entry->d_reclen;
        const std::string_view found = entry->d_name;
        if (found == "." || found == "..") continue;
        if (entry->d_type == DT_DIR && depth < kDeepest) remove_entries(folder, entry->d_name, depth + 1);
        has_removed = ::unlinkat(folder, entry->d_name, 0) == 0 || has_removed;
      }
    }
  }
  ::close(folder);
  ::unlinkat(above, name, AT_REMOVEDIR);
}

}  // namespace

Leftover::Leftover(const std::string& path, Kind kind) noexcept {
  if (path.size() >= PATH_MAX) return;
  for (std::size_t i = 0; i < kSlots; ++i) {
    int expected = kFree;
    if (!states[i].compare_exchange_strong(expected, kBeingFilled)) continue;
    std::memcpy(paths[i].data(), path.c_str(), path.size() + 1);
    states[i] = kind == Kind::kFile ? kFile : kFolder;
    slot_ = static_cast<int>(i);
    return;
  }
}

Leftover::Leftover(Leftover&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

Leftover& Leftover::operator=(Leftover&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

Leftover::~Leftover() {
  if (slot_ >= 0) states[static_cast<std::size_t>(slot_)] = kFree;
}

void remove_leftover_folder(const char* path) noexcept { remove_entries(AT_FDCWD, path, 0); }

void remove_leftovers() noexcept {
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (states[i] == kFile) ::unlink(paths[i].data());
    if (states[i] == kFolder) remove_leftover_folder(paths[i].data());
  }
}

}  // namespace kite
