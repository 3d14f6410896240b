// SPDX-License-Identifier: Apache-2.0
// Reads /proc, /sys and cpuid.
#include "race/spawn/machine.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "race/journal/machine_facts.h"
#include "race/spawn/affinity.h"
#include "race/spawn/counters.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

constexpr const char* kNotVisible = "not visible";
constexpr const char* kCpuFolder = "/sys/devices/system/cpu/";

std::string text_or(const std::string& path, const char* otherwise) { return read_text(path).value_or(otherwise); }

// "always [madvise] never" -> "madvise".
std::string chosen(const std::string& options) {
  const std::size_t begin = options.find('[');
  const std::size_t end = options.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return options;
  return options.substr(begin + 1, end - begin - 1);
}

std::string processor() {
  const auto text = read_text("/proc/cpuinfo");
  if (!text) return kNotVisible;
  for (const char* key : {"model name", "Model", "Processor", "cpu model"}) {
    if (const auto name = value_of(*text, key)) return *name;
  }
  const auto implementer = value_of(*text, "CPU implementer");
  const auto part = value_of(*text, "CPU part");
  return implementer && part ? fmt::format("implementer {}, part {}", *implementer, *part) : kNotVisible;
}

std::string processors() {
  const std::int64_t online = cpu_list_size(text_or(std::string(kCpuFolder) + "online", ""));
  const std::vector<int> allowed = allowed_cpus();
  std::string text = fmt::format("{} of {} allowed ({})", allowed.size(), online, fmt::join(allowed, ","));
  const auto siblings = read_text(std::string(kCpuFolder) + "cpu0/topology/thread_siblings_list");
  if (siblings) text += fmt::format(", {} a core", std::max<std::int64_t>(1, cpu_list_size(*siblings)));
  return text;
}

std::string caches() {
  std::string all;
  for (int index = 0; index < 8; ++index) {
    const std::string folder = fmt::format("{}cpu0/cache/index{}/", kCpuFolder, index);
    const auto level = read_text(folder + "level");
    const auto size = read_text(folder + "size");
    if (!level || !size) break;
    const std::string type = text_or(folder + "type", "Unified");
    const char* letter = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
    all += fmt::format("{}L{}{} {}", all.empty() ? "" : ", ", *level, letter, *size);
    const std::int64_t sharers = cpu_list_size(text_or(folder + "shared_cpu_list", ""));
    if (sharers > 1) all += fmt::format(" (shared by {})", sharers);
  }
  return all.empty() ? kNotVisible : all;
}

// The memory of the machine, and the limit of the control group if that is smaller.
std::string memory() {
  const auto text = read_text("/proc/meminfo");
  const auto total = text ? value_of(*text, "MemTotal") : std::nullopt;
  const auto kib = total ? number_of(*total) : std::nullopt;
  if (!kib) return kNotVisible;
  std::string memory = fmt::format("{:.1f} GiB", static_cast<double>(*kib) / (1 << 20));
  const auto swap = value_of(*text, "SwapTotal");
  if (swap && number_of(*swap).value_or(0) > 0) memory += " and swap";
  std::string group = text_or("/proc/self/cgroup", "");
  const std::size_t unified = group.find("0::");
  const std::string own =
      unified == std::string::npos ? "" : group.substr(unified + 3, group.find('\n', unified) - unified - 3);
  const auto limit = read_text("/sys/fs/cgroup" + own + "/memory.max");
  if (const auto bytes = limit ? number_of(*limit) : std::nullopt) {
    memory += fmt::format(", of which {:.1f} GiB allowed", static_cast<double>(*bytes) / (1 << 30));
  }
  return memory;
}

std::string distribution() {
  const auto text = read_text("/etc/os-release");
  auto name = text ? value_of(*text, "PRETTY_NAME") : std::nullopt;
  if (!name) return kNotVisible;
  name->erase(std::remove(name->begin(), name->end(), '"'), name->end());
  return *name;
}

// The hypervisor's own signature, 12 characters in cpuid's leaf 0x40000000.
std::optional<std::string> hypervisor() {
#ifdef __x86_64__
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & (1u << 31)) == 0) return std::nullopt;
  __cpuid(0x40000000, a, b, c, d);
  char signature[13] = {};
  std::memcpy(signature, &b, 4);
  std::memcpy(signature + 4, &c, 4);
  std::memcpy(signature + 8, &d, 4);
  std::string printable;
  for (const char character : std::string(signature)) {
    if (std::isprint(static_cast<unsigned char>(character)) != 0) printable += character;
  }
  return printable.empty() ? "unnamed hypervisor" : printable;
#else
  return read_text("/sys/hypervisor/type");
#endif
}

std::string virtualisation() {
  std::string text;
  if (const auto name = hypervisor()) text = "virtual machine (" + *name + ")";
  for (const char* field : {"sys_vendor", "product_name"}) {
    if (const auto value = read_text(std::string("/sys/class/dmi/id/") + field); value && !text.empty())
      text += ", " + *value;
  }
  const bool contained = access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
  if (contained) text += text.empty() ? "container" : ", container";
  return text.empty() ? "none seen" : text;
}

// The value that all processors have, or that they differ.
std::string governor() {
  std::string found;
  for (const int cpu : allowed_cpus()) {
    const auto one = read_text(fmt::format("{}cpu{}/cpufreq/scaling_governor", kCpuFolder, cpu));
    if (!one) return kNotVisible;
    if (found.empty()) found = *one;
    if (found != *one) return "differs between processors";
  }
  return found.empty() ? kNotVisible : found;
}

std::string turbo() {
  if (const auto off = read_text(std::string(kCpuFolder) + "intel_pstate/no_turbo")) return *off == "1" ? "off" : "on";
  if (const auto on = read_text(std::string(kCpuFolder) + "cpufreq/boost")) return *on == "1" ? "on" : "off";
  return kNotVisible;
}

std::string kernel() {
  utsname names;
  return uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.machine) : kNotVisible;
}

std::string address_randomisation() {
  const auto value = read_text("/proc/sys/kernel/randomize_va_space");
  if (!value) return kNotVisible;
  return *value == "0" ? "off" : *value == "1" ? "on, but not of the heap" : "on";
}

}  // namespace

MachineRecord machine_record(const SpawnOutcome& empty_run) {
  const auto paranoid = read_counter_rules().perf_event_paranoid;
  MachineRecord machine;
  machine.processor = processor();
  machine.processors = processors();
  machine.memory = memory();
  machine.caches = caches();
  machine.kernel = kernel();
  machine.distribution = distribution();
  machine.virtualisation = virtualisation();
  machine.governor = governor();
  machine.turbo = turbo();
  machine.huge_pages = chosen(text_or("/sys/kernel/mm/transparent_hugepage/enabled", kNotVisible));
  machine.address_randomisation = address_randomisation();
  machine.perf_event_paranoid = paranoid ? std::to_string(*paranoid) : kNotVisible;
  machine.counters = describe_counters(empty_run.counters);
  machine.smallest_peak_memory = fmt::format("{} KiB", empty_run.peak_rss_bytes / 1024);
  return machine;
}

std::string environment_fingerprint(const MachineRecord& machine) {
  std::string fingerprint;
  for (const MachineFact& fact : kMachineFacts) {
    if (!fact.decides_times) continue;
    const std::string& value = machine.*fact.value;
    fingerprint +=
        fmt::format("{}{}: {}", fingerprint.empty() ? "" : "; ", fact.name, value.empty() ? kNotVisible : value);
  }
  return fingerprint;
}

}  // namespace kite::race
