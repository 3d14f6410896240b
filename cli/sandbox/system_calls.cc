// SPDX-License-Identifier: Apache-2.0
// The filter of system calls, a program of the kernel's classic BPF: `struct seccomp_data` in, a verdict out.
// A library for such filters knows the calls of every architecture by name, which is more than the rest of this
// program's sandbox; what is needed here are the numbers of one.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "cli/sandbox/sandbox.h"

namespace kite::cli {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kOtherNumbers = 0x40000000;  // x32: the same calls again, under numbers from here on
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kOtherNumbers = 0x80000000;
#else
#define KITE_HAS_NO_FILTER
constexpr std::uint32_t kArchitecture = 0;
constexpr std::uint32_t kOtherNumbers = 0;
#endif

// Calls that read what is open, or concern the process alone.
constexpr int kAllowed[] = {
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_close,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_getdents64,
    SYS_getcwd,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_statfs,
    SYS_fstatfs,
    SYS_ppoll,
    // memory
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    // threads
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_setaffinity,
    SYS_getcpu,
    SYS_membarrier,
    // signals
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    // who, when, how much
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_getrandom,
    // the end
    SYS_exit,
    SYS_exit_group,
#if defined(__x86_64__)
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_poll,
    SYS_time,
#endif
};
// What they are asked for stands in memory, where a filter cannot look. The C library and the engine then take the
// older call, which it can judge.
constexpr int kNotThere[] = {SYS_clone3, SYS_openat2};

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

class CallFilter {
 public:
  CallFilter() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, kArchitecture, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    jump(BPF_JGE, kOtherNumbers, 0, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
  }

  void always(int call, std::uint32_t verdict) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1);
    answer(verdict);
  }
  // Allows a call where its argument, which is an int, is one of `values`.
  void where(int call, int argument, const std::vector<std::uint32_t>& values) {
    const Branch branch(*this, call);
    load_argument(argument);
    for (const std::uint32_t value : values) allow_if(BPF_JEQ, value);
    answer(kRefuse);
  }
  void where_any_bit(int call, int argument, std::uint32_t of) {
    const Branch branch(*this, call);
    load_argument(argument);
    allow_if(BPF_JSET, of);
    answer(kRefuse);
  }
  struct Bits {
    int argument;
    std::uint32_t refused;
  };
  void where_no_bit(int call, std::initializer_list<Bits> all) {
    const Branch branch(*this, call);
    for (const Bits& bits : all) {
      load_argument(bits.argument);
      jump(BPF_JSET, bits.refused, 0, 1);
      answer(kRefuse);
    }
    answer(kAllow);
  }
  // A pointer that is null.
  void where_null(int call, int argument) {
    const Branch branch(*this, call);
    load_argument(argument);
    jump(BPF_JEQ, 0, 1, 0);
    answer(kRefuse);
    load(argument_at(argument) + 4);
    allow_if(BPF_JEQ, 0);
    answer(kRefuse);
  }

  std::vector<sock_filter> finish() && {
    answer(kRefuse);
    return std::move(code_);
  }

 private:
  // The statements made while it exists are for one call, and each way through them ends in a verdict.
  class Branch {
   public:
    Branch(CallFilter& filter, int call) : filter_(filter), at_(filter.code_.size()) {
      filter_.jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 0);
    }
    Branch(const Branch&) = delete;
    Branch& operator=(const Branch&) = delete;
    ~Branch() { filter_.code_[at_].jf = static_cast<std::uint8_t>(filter_.code_.size() - at_ - 1); }

   private:
    CallFilter& filter_;
    std::size_t at_;
  };

  // Both architectures are little-endian: the lower half comes first.
  static std::size_t argument_at(int argument) {
    return offsetof(seccomp_data, args) + static_cast<std::size_t>(argument) * sizeof(std::uint64_t);
  }
  void load_argument(int argument) { load(argument_at(argument)); }
  void load(std::size_t offset) {
    code_.push_back({BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)});
  }
  void jump(int comparison, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
    code_.push_back({static_cast<std::uint16_t>(BPF_JMP | BPF_K | comparison), if_true, if_false, value});
  }
  void allow_if(int comparison, std::uint32_t value) {
    jump(comparison, value, 0, 1);
    answer(kAllow);
  }
  void answer(std::uint32_t verdict) { code_.push_back({BPF_RET | BPF_K, 0, 0, verdict}); }

  std::vector<sock_filter> code_;
};

std::vector<sock_filter> filter_for(const SandboxRules& rules) {
  CallFilter filter;
  // The commonest first.
  for (const int call : kAllowed) filter.always(call, kAllow);
  for (const int call : kNotThere) filter.always(call, SECCOMP_RET_ERRNO | ENOSYS);
  const std::vector<std::uint32_t> writable(rules.writable.begin(), rules.writable.end());
  for (const int call : {SYS_write, SYS_writev, SYS_pwrite64}) filter.where(call, 0, writable);
  filter.where_no_bit(SYS_openat, {{2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC}});
  // No memory is ever code that was data, and none is shared with what else holds its file.
  filter.where_no_bit(SYS_mmap, {{2, PROT_EXEC}, {3, MAP_SHARED}});
  filter.where_no_bit(SYS_mprotect, {{2, PROT_EXEC}});
  filter.where_any_bit(SYS_clone, 0, CLONE_THREAD);
  filter.where_null(SYS_prlimit64, 2);
  filter.where(SYS_fcntl, 1, {F_GETFD, F_SETFD, F_GETFL});
  filter.where(SYS_ioctl, 1, {TCGETS, TIOCGWINSZ});
  filter.where(SYS_tgkill, 0, {static_cast<std::uint32_t>(::getpid())});  // abort() and raise()
  return std::move(filter).finish();
}

}  // namespace

Status refuse_system_calls(const SandboxRules& rules) {
#if defined(KITE_HAS_NO_FILTER)
  return Error{
      ErrorCode::kLimit, "--sandbox knows the system calls of x86-64 and of 64-bit ARM only", {}, "leave it out"};
#endif
  std::vector<sock_filter> code = filter_for(rules);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    return Error{ErrorCode::kLimit,
                 std::string("the sandbox could not be made: seccomp: ") + std::strerror(errno),
                 {},
                 "leave --sandbox out, or use a kernel with CONFIG_SECCOMP_FILTER"};
  }
  return {};
}

}  // namespace kite::cli
