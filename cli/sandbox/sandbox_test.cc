// SPDX-License-Identifier: Apache-2.0
// Each layer alone, in children. tests/cli/test_sandbox.py tries both, from inside of a decoder.
#include "cli/sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <thread>

#include "base/test_child.h"
#include "base/test_folder.h"

namespace kite::cli {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Their own threads and memory need calls that the filter refuses.
constexpr bool kHasFilterRoom = false;
#else
constexpr bool kHasFilterRoom = true;
#endif

// What a call failed with; 0 where it succeeded.
int failure(long returned) { return returned < 0 ? errno : 0; }

// The system as if it had another kernel: these calls fail with `code`.
bool hide_landlock(int code) {
  sock_filter filter[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                          {BPF_JMP | BPF_K | BPF_JGE, 0, 2, 444},
                          {BPF_JMP | BPF_K | BPF_JGT, 1, 0, 446},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(code)},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{5, filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(Sandbox, a_kernel_without_landlock_is_an_error_that_says_so) {
  for (const int code : {ENOSYS, EOPNOTSUPP}) {
    EXPECT_EQ(exit_code_of_child([&] {
                if (!hide_landlock(code)) return false;
                const auto version = landlock_version();
                return !version.ok() && version.error().code == ErrorCode::kLimit &&
                       version.error().what.find("no Landlock") != std::string::npos && !version.error().remedy.empty();
              }),
              0);
  }
}

class WithLandlock : public testing::Test {
 protected:
  void SetUp() override {
    const auto version = landlock_version();
    if (!version.ok()) GTEST_SKIP() << "skipped: this kernel has no Landlock";
    version_ = *version;
  }
  // In a child that may read what lies in `readable`, as a kernel of that version gives it.
  int in_child(const std::vector<std::string>& readable, const std::function<bool()>& works, int version) const {
    return exit_code_of_child([&] { return refuse_paths({.readable = readable}, version).ok() && works(); });
  }

  TestFolder folder_;
  int version_ = 0;
};

TEST_F(WithLandlock, only_what_is_named_can_be_read_and_nothing_can_be_changed) {
  const std::string named = folder_.write("named/a", "a");
  const std::string other = folder_.write("other/b", "b");
  // Newer kernels still know the older versions of the interface.
  for (int version = 1; version <= version_; ++version) {
    EXPECT_EQ(in_child(
                  {folder_ / "named", folder_ / "nothing"},
                  [&] {
                    const bool reads = failure(::open(named.c_str(), O_RDONLY)) == 0 &&
                                       failure(::open((folder_ / "named").c_str(), O_RDONLY | O_DIRECTORY)) == 0 &&
                                       failure(::open(other.c_str(), O_RDONLY)) == EACCES;
                    const bool changes = failure(::open(named.c_str(), O_WRONLY)) != EACCES ||
                                         failure(::open((named + "2").c_str(), O_WRONLY | O_CREAT, 0600)) != EACCES ||
                                         failure(::unlink(named.c_str())) != EACCES ||
                                         failure(::rename(named.c_str(), (named + "2").c_str())) != EACCES ||
                                         failure(::mkdir((folder_ / "named/c").c_str(), 0700)) != EACCES ||
                                         failure(::symlink("a", (folder_ / "named/d").c_str())) != EACCES ||
                                         (version >= 3 && failure(::truncate(named.c_str(), 0)) != EACCES);
                    char* const arguments[] = {nullptr};
                    const bool starts = failure(::execve("/bin/true", arguments, arguments)) != EACCES;
                    return reads && !changes && !starts;
                  },
                  version),
              0)
        << version;
  }
}

TEST_F(WithLandlock, a_file_alone_can_be_named_and_its_folder_stays_closed) {
  const std::string named = folder_.write("named", "a");
  const std::string beside = folder_.write("beside", "b");
  EXPECT_EQ(in_child(
                {named},
                [&] {
                  return failure(::open(named.c_str(), O_RDONLY)) == 0 &&
                         failure(::open(beside.c_str(), O_RDONLY)) == EACCES &&
                         failure(::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY)) == EACCES;
                },
                version_),
            0);
}

TEST_F(WithLandlock, a_pipe_among_the_inputs_is_no_error) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const std::string path = "/dev/fd/" + std::to_string(pipe[0]);
  EXPECT_EQ(in_child({path}, [&] { return failure(::open(path.c_str(), O_RDONLY | O_NONBLOCK)) == 0; }, version_), 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(WithLandlock, tcp_connections_are_refused_where_the_version_knows_them) {
  if (version_ < 4) GTEST_SKIP() << "skipped: Landlock version " << version_ << " knows no connections";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto connects = [&] {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    return failure(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  };
  EXPECT_EQ(in_child({}, [&] { return connects() == EACCES; }, version_), 0);
  EXPECT_EQ(exit_code_of_child([&] { return connects() != EACCES; }), 0) << "the test's own system refuses it";
}

TEST_F(WithLandlock, no_signal_leaves_where_the_version_knows_signals) {
  if (version_ < 6) GTEST_SKIP() << "skipped: Landlock version " << version_ << " knows no signals";
  EXPECT_EQ(in_child({}, [] { return failure(::kill(::getppid(), 0)) == EPERM; }, version_), 0);
}

// In a child with the filter of system calls, and with no other limit.
int with_filter(const std::vector<int>& writable, const std::function<bool()>& works) {
  return exit_code_of_child([&] { return refuse_system_calls({.writable = writable}).ok() && works(); });
}

TEST(SystemCalls, reading_memory_and_threads_work) {
  if (!kHasFilterRoom) GTEST_SKIP() << "skipped: under this sanitizer";
  EXPECT_EQ(with_filter({},
                        [] {
                          bool has_run = false;
                          std::thread([&] { has_run = true; }).join();
                          char byte = 0;
                          const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
                          void* const memory =
                              ::mmap(nullptr, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                          return has_run && ::read(fd, &byte, 1) == 1 && byte == 0x7f && memory != MAP_FAILED;
                        }),
            0);
}

TEST(SystemCalls, only_the_named_descriptors_can_be_written) {
  if (!kHasFilterRoom) GTEST_SKIP() << "skipped: under this sanitizer";
  int pipe[2];
  int other[2];
  ASSERT_EQ(::pipe(pipe), 0);
  ASSERT_EQ(::pipe(other), 0);
  EXPECT_EQ(with_filter({pipe[1]},
                        [&] {
                          return ::write(pipe[1], "x", 1) == 1 && failure(::write(other[1], "x", 1)) == EPERM &&
                                 failure(::dup2(other[1], pipe[1])) == EPERM && failure(::dup(other[1])) == EPERM &&
                                 failure(::fcntl(other[1], F_DUPFD, 0)) == EPERM;
                        }),
            0);
  for (const int fd : {pipe[0], pipe[1], other[0], other[1]}) ::close(fd);
}

TEST(SystemCalls, no_process_no_program_no_socket_no_change_and_no_code_from_data) {
  if (!kHasFilterRoom) GTEST_SKIP() << "skipped: under this sanitizer";
  const TestFolder folder;
  const std::string file = folder.write("a", "a");
  EXPECT_EQ(
      with_filter({STDERR_FILENO},
                  [&] {
                    char* const arguments[] = {nullptr};
                    void* const memory =
                        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    const std::pair<const char*, int> tried[] = {
                        {"fork", failure(::fork())},
                        {"vfork by clone", failure(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr))},
                        {"execve", failure(::execve("/bin/true", arguments, arguments))},
                        {"execveat", failure(::syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, arguments, 0))},
                        {"socket", failure(::socket(AF_INET, SOCK_STREAM, 0))},
                        {"socket of a path", failure(::socket(AF_UNIX, SOCK_STREAM, 0))},
                        {"open for writing", failure(::open(file.c_str(), O_WRONLY))},
                        {"create", failure(::open((file + "2").c_str(), O_RDONLY | O_CREAT, 0600))},
                        {"truncate", failure(::truncate(file.c_str(), 0))},
                        {"unlink", failure(::unlink(file.c_str()))},
                        {"rename", failure(::rename(file.c_str(), (file + "2").c_str()))},
                        {"chmod", failure(::chmod(file.c_str(), 0))},
                        {"utimensat", failure(::utimensat(AT_FDCWD, file.c_str(), nullptr, 0))},
                        {"mprotect", failure(::mprotect(memory, 4096, PROT_READ | PROT_EXEC))},
                        {"memfd_create", failure(::syscall(SYS_memfd_create, "a", 0))},
                        {"ptrace", failure(::syscall(SYS_ptrace, 0, 0, 0, 0))},
                        {"io_uring", failure(::syscall(SYS_io_uring_setup, 1, nullptr))},
                        {"bpf", failure(::syscall(SYS_bpf, 0, nullptr, 0))},
                        {"kill", failure(::kill(::getppid(), 0))},
                        {"setrlimit", failure(::syscall(SYS_prlimit64, 0, 7, "0123456789abcdef", nullptr))},
                    };
                    bool all = true;
                    for (const auto& [name, code] : tried) {
                      if (code == EPERM) continue;
                      all = false;
                      std::fprintf(stderr, "%s: %d\n", name, code);
                    }
                    void* const code =
                        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    return all && code == MAP_FAILED && errno == EPERM &&
                           failure(::syscall(SYS_openat2, AT_FDCWD, file.c_str(), nullptr, 0)) == ENOSYS;
                  }),
      0);
}

}  // namespace
}  // namespace kite::cli
