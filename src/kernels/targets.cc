// SPDX-License-Identifier: Apache-2.0
// The list of targets, and the choice among them.
#include "kernels/targets.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/cpu.h"
#include "base/printable.h"
#include "kernels/name_id.h"

namespace kite {

namespace {

constexpr const Target* kTargets[] = {
#define KITE_TARGET_ROW(target) &targets::target,
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW
};

}  // namespace

std::span<const Target* const> all_targets() noexcept { return kTargets; }

std::string target_names() {
  std::string text;
  for (std::size_t left = std::size(kTargets); left > 0; --left) {
    text += kTargets[left - 1]->name;
    if (left > 1) text += left == 2 ? " or " : ", ";
  }
  return text;
}

const Target* find_target(std::uint64_t id) noexcept {
  const auto found = std::ranges::find(kTargets, id, [](const Target* target) { return name_id(target->name); });
  return found == std::end(kTargets) ? nullptr : *found;
}

const Target& native_target() noexcept {
  const Features here = processor_features();
  return **std::ranges::find_if(kTargets, [&](const Target* target) { return here.contain(target->needs); });
}

Result<const Target*> parse_target(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &Target::name);
  if (found == std::end(kTargets)) {
    return Error{ErrorCode::kUsage, "unknown instruction set " + in_quotes(name), {}, "use " + target_names()};
  }
  if (!processor_features().contain((*found)->needs)) {
    return Error{ErrorCode::kUsage,
                 "this machine does not have " + std::string(name),
                 {},
                 "use " + std::string(native_target().name) + " or leave the choice to the program"};
  }
  return *found;
}

Result<const Target*> default_target() {
  const char* forced = std::getenv("KITE_ISA");
  if (forced == nullptr || *forced == '\0') return &native_target();
  auto target = parse_target(forced);
  if (!target.ok()) return std::move(target).error().in("environment variable KITE_ISA");
  return target;
}

}  // namespace kite
