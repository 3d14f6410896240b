// SPDX-License-Identifier: Apache-2.0
// kite-race: replaces itself by kite, the program beside it, with the verb race before its arguments. So the race has a
// name of its own, and the engine is in one program. (It is no link to kite, because a wheel of Python holds no links.)
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int refuse(const char* where, const char* remedy) {
  constexpr int kIo = 6;  // kite's exit code for a file that cannot be read or written
  dprintf(STDERR_FILENO, "kite: error[io]: cannot be started: %s; %s; %s\n", strerror(errno), where, remedy);
  return kIo;
}

}  // namespace

int main(int argc, char** argv) {
  static char program[4096];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - sizeof "kite");
  if (length <= 0) return refuse("/proc/self/exe", "mount /proc, or start `kite race`");
  std::memcpy(std::strrchr(program, '/') + 1, "kite", sizeof "kite");
  // The program, the verb, the arguments, and the null behind them, which is in argv, too.
  const std::size_t arguments = argc > 0 ? static_cast<std::size_t>(argc) - 1 : 0;
  char** const all = static_cast<char**>(std::calloc(arguments + 3, sizeof *all));
  if (all == nullptr) return refuse("kite", "allow more memory");
  static char verb[] = "race";
  all[0] = program;
  all[1] = verb;
  if (arguments > 0) std::memcpy(all + 2, argv + 1, arguments * sizeof *all);
  execv(program, all);
  return refuse(program, "build or install kite beside kite-race");
}
