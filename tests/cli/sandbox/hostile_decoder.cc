// SPDX-License-Identifier: Apache-2.0
// Linked with the objects of kite, it takes the place of libjpeg's first call (--wrap): a decoder that a picture has
// taken over. It tries what such a picture would want, once in a process, and says on standard error how each attempt
// ended. Then it decodes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {
int __real_jpeg_read_header(void* decoder, int require_image);  // NOLINT: the linker's name
int __wrap_jpeg_read_header(void* decoder, int require_image);  // NOLINT
}

namespace {

void say(const char* attempt, long returned) {
  char line[128];
  const int length =
      std::snprintf(line, sizeof line, "attempt %s: %s\n", attempt, returned >= 0 ? "done" : std::strerror(errno));
  if (::write(STDERR_FILENO, line, static_cast<std::size_t>(length)) < 0) std::abort();
}

std::string named(const char* variable) { return std::getenv(variable) != nullptr ? std::getenv(variable) : ""; }

// In a child, so that this process goes on where the attempt succeeds.
long start_program() {
  const pid_t child = ::fork();
  if (child < 0) return child;
  if (child == 0) {
    ::execl("/bin/true", "true", nullptr);
    ::_exit(1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

long become_program() {
  char* const arguments[] = {nullptr};
  return ::execve("/nothing/of/this/name", arguments, arguments);
}

long connect_to(const std::string& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return socket;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void attack() {
  const std::string victim = named("KITE_TEST_VICTIM");
  const std::string secret = named("KITE_TEST_SECRET");
  say("open for writing", ::open(victim.c_str(), O_WRONLY | O_CLOEXEC));
  say("create", ::open((victim + ".new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  say("truncate", ::truncate(victim.c_str(), 0));
  say("rename", ::rename(victim.c_str(), (victim + ".moved").c_str()));
  say("write to an inherited descriptor", ::write(std::atoi(named("KITE_TEST_DESCRIPTOR").c_str()), "x", 1));
  say("read what is not an input", ::open(secret.c_str(), O_RDONLY | O_CLOEXEC));
  say("connect", connect_to(named("KITE_TEST_PORT")));
  say("start a program", start_program());
  say("become a program", become_program());
  say("signal the parent", ::kill(::getppid(), 0));
  say("run data as code",
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1
                                                                                                                  : 0);
}

std::atomic<bool> has_attacked = false;

}  // namespace

int __wrap_jpeg_read_header(void* decoder, int require_image) {
  if (!has_attacked.exchange(true)) attack();
  if (std::getenv("KITE_TEST_CRASH") != nullptr) std::abort();
  return __real_jpeg_read_header(decoder, require_image);
}
