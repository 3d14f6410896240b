// SPDX-License-Identifier: Apache-2.0
// What the archives in the extension ask of the C library, and a shared object for older systems cannot take from it.
// The linker (--wrap) gives them these in its place.
#include <dlfcn.h>
#include <link.h>

#include <cstdint>
#include <cstdio>

// Debian's archives of libjpeg and libpng are compiled for programs: their default error functions, which paperkite
// replaces, reach `stderr` in a way that a shared object does not allow for a variable of another one.
extern "C" {
extern std::FILE* __real_stderr;                                 // NOLINT(bugprone-reserved-identifier)
__attribute__((visibility("hidden"))) std::FILE* __wrap_stderr;  // NOLINT(bugprone-reserved-identifier)
__attribute__((constructor(101))) static void give_stderr() { __wrap_stderr = __real_stderr; }
}

#if __GLIBC_PREREQ(2, 35)
// libgcc finds the unwind tables of an exception by a function that glibc has since 2.35, and nothing else here needs
// more than 2.34. This is the older way to the same tables.
namespace {

struct Search {
  std::uintptr_t address;
  dl_find_object* found;
};

int visit(dl_phdr_info* info, std::size_t, void* data) {
  const Search& search = *static_cast<const Search*>(data);
  const ElfW(Phdr)* tables = nullptr;
  const ElfW(Phdr)* segment = nullptr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_GNU_EH_FRAME) tables = &header;
    if (header.p_type == PT_LOAD && search.address - begin < header.p_memsz) segment = &header;
  }
  if (segment == nullptr) return 0;
  if (tables == nullptr) return -1;
  *search.found = {};
  const std::uintptr_t begin = info->dlpi_addr + segment->p_vaddr;
  search.found->dlfo_map_start = reinterpret_cast<void*>(begin);
  search.found->dlfo_map_end = reinterpret_cast<void*>(begin + segment->p_memsz);
  search.found->dlfo_eh_frame = reinterpret_cast<void*>(info->dlpi_addr + tables->p_vaddr);
  return 1;
}

}  // namespace

extern "C" __attribute__((visibility("hidden"))) int __wrap__dl_find_object(void* address, dl_find_object* result) {
  Search search{reinterpret_cast<std::uintptr_t>(address), result};
  return ::dl_iterate_phdr(visit, &search) == 1 ? 0 : -1;
}
#endif
