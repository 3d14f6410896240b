// SPDX-License-Identifier: Apache-2.0
// What posix_spawn(3) does in the new process before it becomes another program.
#pragma once

#include <fcntl.h>
#include <spawn.h>

namespace kite {

// Each step is kept in memory, which may be refused. A program must then not be started: without one of its steps it
// would, for example, print into this program's standard output.
class SpawnActions {
 public:
  SpawnActions() noexcept { failure_ = ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void open(int fd, const char* path, int flags) noexcept {
    note(::posix_spawn_file_actions_addopen(&actions_, fd, path, flags, 0));
  }
  void duplicate(int from, int to) noexcept { note(::posix_spawn_file_actions_adddup2(&actions_, from, to)); }
  void close_from(int fd) noexcept { note(::posix_spawn_file_actions_addclosefrom_np(&actions_, fd)); }
  void enter(const char* folder) noexcept { note(::posix_spawn_file_actions_addchdir_np(&actions_, folder)); }

  // A value of errno; 0 where every step was kept.
  [[nodiscard]] int failure() const noexcept { return failure_; }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  void note(int code) noexcept {
    if (failure_ == 0) failure_ = code;
  }
  posix_spawn_file_actions_t actions_;
  int failure_;
};

}  // namespace kite
