// SPDX-License-Identifier: Apache-2.0
// The program that the spawner's tests run: its first argument says how it behaves or misbehaves.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

long number = 0;  // the second argument
const char* word = "";

int touch() {
  const std::size_t bytes = static_cast<std::size_t>(number) << 20;
  char* block = static_cast<char*>(std::malloc(bytes));
  if (block == nullptr) return 1;
  std::memset(block, 1, bytes);
  volatile char last = block[bytes - 1];
  return last == 1 ? 0 : 1;
}

// As the pages of a file on a tmpfs.
int touch_shared() {
  const std::size_t bytes = static_cast<std::size_t>(number) << 20;
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return 1;
  std::memset(block, 1, bytes);
  return 0;
}

int touch_in_child() {
  const pid_t child = fork();
  if (child == 0) _exit(touch());
  int status = 0;
  return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1;
}

// `number` bytes of every value, in no pattern that text has.
int garbage() {
  unsigned state = 1;
  for (long i = 0; i < number; ++i) {
    state = state * 1103515245u + 12345u;
    std::putchar(static_cast<int>(state >> 16 & 255));
  }
  return 0;
}

int count_up() {
  for (long i = 0; i < number; ++i) std::printf("%07ld\n", i);
  return 0;
}

int flood() {
  char block[4096];
  std::memset(block, 'x', sizeof block);
  while (write(number == 2 ? 2 : 1, block, sizeof block) > 0) {
  }
  return 0;
}

int hang() {
  for (;;) pause();
}

int ignore_term() {
  signal(SIGTERM, SIG_IGN);
  const pid_t child = fork();
  if (child > 0) {
    std::printf("%d\n", static_cast<int>(child));
    std::fflush(stdout);
  }
  return hang();
}

int obey_term() {
  signal(SIGTERM, [](int) { _exit(0); });
  return hang();
}

// Starts a grandchild in a session of its own that keeps our standard output open, or closes it if the second argument
// is 1.
int leave_daemon() {
  if (fork() > 0) {
    int status;
    wait(&status);
    return 0;
  }
  setsid();
  if (const pid_t child = fork(); child > 0) {
    std::printf("%d\n", static_cast<int>(child));
    return 0;
  }
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (number == 1) {
    close(1);
    close(2);
  }
  return hang();
}

int leave_many() {
  for (long i = 0; i < number; ++i) {
    if (fork() == 0) {
      setsid();
      return hang();
    }
  }
  return 0;
}

int close_and_sleep() {
  close(1);
  close(2);
  usleep(static_cast<useconds_t>(number) * 1000);
  return 0;
}

int fill_file() {
  const int file = open(word, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return 1;
  static char block[1 << 16];
  while (write(file, block, sizeof block) > 0) {
  }
  return 0;
}

int print_affinity() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) std::printf("%d ", cpu);
  }
  return 0;
}

int print_padding() {
  const char* padding = getenv("KITE_RACE_PADDING");
  std::printf("%ld", padding == nullptr ? -1L : static_cast<long>(std::strlen(padding)));
  return 0;
}

int print_descriptors() {
  for (int descriptor = 0; descriptor < 256; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) std::printf("%d ", descriptor);
  }
  return 0;
}

int die() {
  kill(getpid(), static_cast<int>(number));
  return 0;
}

int burn() {
  timespec now;
  volatile unsigned work = 0;
  do {
    for (int i = 0; i < 10000; ++i) work = work + 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (now.tv_sec * 1000 + now.tv_nsec / 1'000'000 < number);
  return 0;
}

// Answers each line with the same line. The second argument is the number of lines after which it dies; 0: never.
int echo() {
  char line[256];
  for (long i = 0; number == 0 || i < number; ++i) {
    if (std::fgets(line, sizeof line, stdin) == nullptr) return 0;
    std::fputs(line, stdout);
    std::fflush(stdout);
  }
  std::fflush(stderr);
  return number == 0 ? 0 : 9;
}

// Goes on working without being asked, itself and in a child.
int spin() {
  if (fork() == 0) setpgid(0, 0);
  std::puts("spinning");
  std::fflush(stdout);
  volatile unsigned work = 0;
  for (;;) work = work + 1;
}

int print_late() {
  usleep(static_cast<useconds_t>(number) * 1000);
  std::puts("late");
  return 0;
}

struct Verb {
  const char* name;
  int (*run)();
};
constexpr Verb kVerbs[] = {
    {"touch", touch},
    {"touch-shared", touch_shared},
    {"touch-in-child", touch_in_child},
    {"garbage", garbage},
    {"count-up", count_up},
    {"flood", flood},
    {"hang", hang},
    {"ignore-term", ignore_term},
    {"obey-term", obey_term},
    {"leave-daemon", leave_daemon},
    {"leave-many", leave_many},
    {"close-and-sleep", close_and_sleep},
    {"fill-file", fill_file},
    {"affinity", print_affinity},
    {"padding", print_padding},
    {"descriptors", print_descriptors},
    {"die", die},
    {"burn", burn},
    {"print-late", print_late},
    {"echo", echo},
    {"spin", spin},
};

}  // namespace

int main(int count, char** arguments) {
  if (count > 2) {
    word = arguments[2];
    number = std::strtol(word, nullptr, 10);
  }
  for (const Verb& verb : kVerbs) {
    if (count > 1 && std::strcmp(arguments[1], verb.name) == 0) return verb.run();
  }
  return 64;
}
