// SPDX-License-Identifier: Apache-2.0
// usage: without_landlock CODE PROGRAM [ARGUMENT...]: runs a program on the kernel as if that had no Landlock: its
// calls fail with the error CODE.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  // The three calls have the same numbers on all architectures.
  sock_filter filter[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                          {BPF_JMP | BPF_K | BPF_JGE, 0, 2, 444},
                          {BPF_JMP | BPF_K | BPF_JGT, 1, 0, 446},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(std::atoi(argv[1]))},
                          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{sizeof filter / sizeof *filter, filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    return 3;
  ::execv(argv[2], argv + 2);
  return 4;
}
