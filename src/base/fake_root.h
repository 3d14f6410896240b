// SPDX-License-Identifier: Apache-2.0
// For tests: a folder that is used instead of "/", with files like those of the kernel in it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/test_folder.h"

namespace kite {

class FakeRoot : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) const { folder_.write(path, text); }

  TestFolder folder_;
  const std::string& root_ = folder_.path();
};

}  // namespace kite
