// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: counts allocations, or calls for files, and does something at the n-th of them, counted from main().
//
// KITE_FAULT_PROGRAM  the name of the program that is meant; its children, too, where they have the same name
// KITE_FAULT_COUNTER  a file of 24 bytes that is shared with the test: struct Counter
// KITE_FAULT          POINTS:N:ACTION[:ARGUMENT]; POINTS is "memory" or "files", N begins with 1 (0: only count)
//   fail              this allocation gives no memory
//   fail-on           this and every later allocation of the process give none
//   signal:NUMBER     the process gets a signal
//   cut:PATH, empty:PATH, grow:PATH, rewrite:PATH, remove:PATH, replace:PATH (by PATH.other)
//   clock:SECONDS     the system's clock jumps
//   stacks:PATH       nothing fails; at each point its number and a hash of the calls that led there (two integers of
//   64
//                     bits) are added to the file
// A program that was started without KITE_FAULT calls fault_arm() and fault_disarm().
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct Counter {
  _Atomic int64_t points;  // seen up to now
  _Atomic int64_t done;    // how often the action was taken
  _Atomic int64_t living;  // allocations that were not given back
};
static struct Counter own_counter;
static struct Counter* counter = &own_counter;

enum Points { kNone, kMemory, kFiles };
enum Action { kFail, kFailOn, kSignal, kCut, kEmpty, kGrow, kRewrite, kRemove, kReplace, kClock, kStacks };
static _Atomic int points = kNone;
static _Atomic int64_t wanted;
static enum Action action;
static const char* argument = "";
static _Atomic int64_t clock_jump_s;
static int stacks_fd = -1;
// The action itself is not counted. Initial-exec: asking for the variable must not allocate.
static __thread int is_inside __attribute__((tls_model("initial-exec")));

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

static void change_file(enum Action what, const char* path) {
  struct stat info;
  if (stat(path, &info) != 0) return;
  if (what == kCut) (void)!truncate(path, info.st_size / 2);
  if (what == kEmpty) (void)!truncate(path, 0);
  if (what == kRemove) unlink(path);
  if (what == kReplace) {
    char other[4096];
    snprintf(other, sizeof other, "%s.other", path);
    rename(other, path);
  }
  if (what != kGrow && what != kRewrite) return;
  const int fd = open(path, O_WRONLY | (what == kGrow ? O_APPEND : 0));
  char block[4096];
  memset(block, 'x', sizeof block);
  for (int64_t left = what == kGrow ? 1 << 16 : info.st_size; left > 0; left -= (int64_t)sizeof block) {
    (void)!write(fd, block, left < (int64_t)sizeof block ? (size_t)left : sizeof block);
  }
  close(fd);
}

static void note_stack(int64_t number) {
  void* calls[32];
  const int before = errno;
  is_inside = 1;
  const int depth = backtrace(calls, sizeof calls / sizeof *calls);
  uint64_t record[2] = {(uint64_t)number, 0xcbf29ce484222325};  // FNV-1a, of addresses instead of bytes
  for (int i = 0; i < depth; ++i) record[1] = (record[1] ^ (uint64_t)(uintptr_t)calls[i]) * 0x100000001b3;
  (void)!write(stacks_fd, record, sizeof record);
  is_inside = 0;
  errno = before;
}

// Whether the call at this point has to fail.
static int at_point(enum Points kind) {
  if (atomic_load(&points) != (int)kind || is_inside) return 0;
  const int64_t now = atomic_fetch_add(&counter->points, 1) + 1;
  if (action == kStacks) note_stack(now);
  const int64_t at = atomic_load(&wanted);
  if (at == 0 || now < at || (now > at && action != kFailOn)) return 0;
  atomic_fetch_add(&counter->done, 1);
  if (action == kFail || action == kFailOn) return 1;
  const int before = errno;
  is_inside = 1;
  if (action == kSignal)
    kill(getpid(), atoi(argument));
  else if (action == kClock)
    atomic_store(&clock_jump_s, atoll(argument));
  else
    change_file(action, argument);
  is_inside = 0;
  errno = before;
  return 0;
}

static void* given(void* memory) {
  if (memory != NULL) atomic_fetch_add(&counter->living, 1);
  return memory;
}

static void* refused(void) {
  errno = ENOMEM;
  return NULL;
}

void* malloc(size_t size) { return at_point(kMemory) ? refused() : given(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) { return at_point(kMemory) ? refused() : given(__libc_calloc(count, size)); }
void* realloc(void* memory, size_t size) {
  if (at_point(kMemory)) return refused();
  void* const after = __libc_realloc(memory, size);
  if (memory == NULL) return given(after);
  if (size == 0) atomic_fetch_sub(&counter->living, 1);  // given back
  return after;
}
void* memalign(size_t alignment, size_t size) {
  return at_point(kMemory) ? refused() : given(__libc_memalign(alignment, size));
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** into, size_t alignment, size_t size) {
  void* const memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *into = memory;
  return 0;
}
void free(void* memory) {
  if (memory != NULL) atomic_fetch_sub(&counter->living, 1);
  __libc_free(memory);
}

// Calls that open, ask or read. `next` is found once, before the program's first thread.
#define NEXT(type, name, ...)                                \
  static type (*next)(__VA_ARGS__);                          \
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, name); \
  at_point(kFiles)

#define OPEN(name)                             \
  int name(const char* path, int flags, ...) { \
    va_list more;                              \
    va_start(more, flags);                     \
    const mode_t mode = va_arg(more, mode_t);  \
    va_end(more);                              \
    NEXT(int, #name, const char*, int, ...);   \
    return next(path, flags, mode);            \
  }
OPEN(open)
OPEN(open64)

#define READ(name, offset)                                   \
  ssize_t name(int fd, void* into, size_t size, offset at) { \
    NEXT(ssize_t, #name, int, void*, size_t, offset);        \
    return next(fd, into, size, at);                         \
  }
READ(pread, off_t)
READ(pread64, off64_t)

ssize_t read(int fd, void* into, size_t size) {
  NEXT(ssize_t, "read", int, void*, size_t);
  return next(fd, into, size);
}

#define FSTAT(name, type)                \
  int name(int fd, struct type* into) {  \
    NEXT(int, #name, int, struct type*); \
    return next(fd, into);               \
  }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

#define STAT(name, type)                          \
  int name(const char* path, struct type* into) { \
    NEXT(int, #name, const char*, struct type*);  \
    return next(path, into);                      \
  }
STAT(stat, stat)
STAT(stat64, stat64)

#define MMAP(name, offset)                                                            \
  void* name(void* at, size_t size, int protection, int flags, int fd, offset from) { \
    NEXT(void*, #name, void*, size_t, int, int, int, offset);                         \
    return next(at, size, protection, flags, fd, from);                               \
  }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

int munmap(void* at, size_t size) {
  NEXT(int, "munmap", void*, size_t);
  return next(at, size);
}

int close(int fd) {
  NEXT(int, "close", int);
  return next(fd);
}

int clock_gettime(clockid_t clock, struct timespec* into) {
  static int (*next)(clockid_t, struct timespec*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "clock_gettime");
  const int code = next(clock, into);
  if (clock == CLOCK_REALTIME) into->tv_sec += atomic_load(&clock_jump_s);
  return code;
}
time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != NULL) *into = now.tv_sec;
  return now.tv_sec;
}

// `text` as KITE_FAULT; it must live until fault_disarm().
void fault_arm(const char* text) {
  static const char* const names[] = {"fail",    "fail-on", "signal",  "cut",   "empty", "grow",
                                      "rewrite", "remove",  "replace", "clock", "stacks"};
  const int is_memory = strncmp(text, "memory:", 7) == 0;
  char* end;
  const long long at = strtoll(strchr(text, ':') + 1, &end, 10);
  argument = "";
  for (size_t i = 0; *end == ':' && i < sizeof names / sizeof *names; ++i) {
    const size_t length = strlen(names[i]);
    if (strncmp(end + 1, names[i], length) != 0 || (end[1 + length] != 0 && end[1 + length] != ':')) continue;
    action = (enum Action)i;
    if (end[1 + length] == ':') argument = end + 2 + length;
  }
  if (action == kStacks) {
    stacks_fd = open(argument, O_WRONLY | O_APPEND | O_CLOEXEC);
    void* first[1];
    backtrace(first, 1);  // loads the unwinder, which allocates
  }
  atomic_store(&counter->points, 0);
  atomic_store(&counter->done, 0);
  atomic_store(&wanted, at);
  atomic_store(&points, is_memory ? kMemory : kFiles);
}
void fault_disarm(void) { atomic_store(&points, kNone); }
int64_t fault_points(void) { return atomic_load(&counter->points); }
int64_t fault_done(void) { return atomic_load(&counter->done); }
int64_t fault_living(void) { return atomic_load(&counter->living); }

// Counting begins with main(): before it, the C and the C++ library are not ready to report anything.
static int (*program_main)(int, char**, char**);
static int main_that_counts(int argc, char** argv, char** environment) {
  const char* const text = getenv("KITE_FAULT");
  const char* const program = getenv("KITE_FAULT_PROGRAM");
  const char* const path = getenv("KITE_FAULT_COUNTER");
  const char* const name = strrchr(argv[0], '/');
  if (text != NULL && program != NULL && path != NULL && strcmp(name == NULL ? argv[0] : name + 1, program) == 0) {
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    void* const shared = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || shared == MAP_FAILED) abort();
    close(fd);
    counter = shared;
    fault_arm(text);
  }
  return program_main(argc, argv, environment);
}
int __libc_start_main(int (*program)(int, char**, char**), int argc, char** argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack_end) {
  int (*next)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void), void*);
  *(void**)&next = dlsym(RTLD_NEXT, "__libc_start_main");
  program_main = program;
  return next(main_that_counts, argc, argv, init, fini, rtld_fini, stack_end);
}
