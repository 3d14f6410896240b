// SPDX-License-Identifier: Apache-2.0
// What holds for every family: names that plans can be resolved against, and a kernel for every processor.
#include "kernels/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "kernels/grouped/grouped.h"
#include "kernels/targets.h"

namespace kite {
namespace {

TEST(Families, have_names_that_find_their_kernels) {
  std::set<std::string_view> names;
  for (const Family* family : all_families()) {
    EXPECT_TRUE(names.insert(family->name()).second) << family->name();
    for (const Kernel& kernel : family->kernels()) {
      EXPECT_TRUE(names.insert(kernel.name).second) << kernel.name;
      EXPECT_TRUE(kernel.name.ends_with("_" + std::string(kernel.target->name))) << kernel.name;
      const KernelOfFamily found = find_kernel(name_id(kernel.name));
      EXPECT_EQ(found.family, family) << kernel.name;
      EXPECT_EQ(found.kernel, &kernel) << kernel.name;
    }
  }
  EXPECT_EQ(find_kernel(name_id("conv_f32_riscv")).kernel, nullptr);
}

TEST(Families, give_each_processor_the_best_that_it_can_run) {
  for (const Family* family : all_families()) {
    for (const Target* target : all_targets()) {
      // Narrow groups have one kernel; conv takes them where it does not run.
      if (family == &kGrouped && target != family->kernels().front().target) continue;
      EXPECT_EQ(family->best_kernel(*target).target, target) << family->name();
    }
  }
}

}  // namespace
}  // namespace kite
