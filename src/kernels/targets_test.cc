// SPDX-License-Identifier: Apache-2.0
// Targets by name, by number and by what KITE_ISA says.
#include "kernels/targets.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/cpu.h"
#include "kernels/name_id.h"

namespace kite {
namespace {

// Puts the old value back, so that a run under a forced KITE_ISA keeps it for later tests.
class TargetVariable : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("KITE_ISA")) saved_ = value;
  }
  void TearDown() override { saved_.empty() ? ::unsetenv("KITE_ISA") : ::setenv("KITE_ISA", saved_.c_str(), 1); }
  std::string saved_;
};

TEST_F(TargetVariable, forces_the_instruction_set_down) {
  ::setenv("KITE_ISA", "generic", 1);
  ASSERT_TRUE(default_target().ok());
  EXPECT_EQ(*default_target(), &targets::generic);
  ::unsetenv("KITE_ISA");
  EXPECT_EQ(*default_target(), &native_target());
  ::setenv("KITE_ISA", "", 1);
  EXPECT_EQ(*default_target(), &native_target());
}

TEST_F(TargetVariable, with_an_unknown_name_is_a_usage_error_that_names_it) {
  ::setenv("KITE_ISA", "avx3", 1);
  const auto target = default_target();
  ASSERT_FALSE(target.ok());
  EXPECT_EQ(target.error().code, ErrorCode::kUsage);
  EXPECT_EQ(target.error().message(),
            "unknown instruction set \"avx3\"; environment variable KITE_ISA; use " + target_names());
}

TEST(Targets, names_parse_back_where_the_processor_runs_them) {
  for (const Target* target : all_targets()) {
    EXPECT_EQ(find_target(name_id(target->name)), target);
    const auto parsed = parse_target(target->name);
    EXPECT_EQ(parsed.ok(), processor_features().contain(target->needs));
    if (parsed.ok()) {
      EXPECT_EQ(*parsed, target);
    } else {
      EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    }
  }
  EXPECT_EQ(find_target(name_id("riscv")), nullptr);
}

TEST(Targets, stand_in_the_order_of_what_they_need) {
  EXPECT_EQ(all_targets().back(), &targets::generic);
  EXPECT_EQ(targets::generic.needs, Features{});
  for (std::size_t i = 1; i < all_targets().size(); ++i) {
    EXPECT_FALSE(all_targets()[i]->includes(*all_targets()[i - 1])) << all_targets()[i]->name;
  }
}

}  // namespace
}  // namespace kite
