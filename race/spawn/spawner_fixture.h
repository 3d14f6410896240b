// SPDX-License-Identifier: Apache-2.0
// For the tests of the spawner: one helper, and requests for the test's own program.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "race/spawn/spawner.h"

namespace kite::race {

inline std::string program_beside(const std::string& name) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string whole(path, length > 0 ? static_cast<std::size_t>(length) : 0);
  return whole.substr(0, whole.rfind('/') + 1) + name;
}

inline SpawnRequest command(std::vector<std::string> argv) {
  SpawnRequest request;
  request.argv = std::move(argv);
  request.timeout_ns = 30'000'000'000;
  return request;
}

inline SpawnRequest subject(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program_beside("kite-race-spawn-subject"));
  return command(std::move(arguments));
}

class SpawnerFixture : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Spawner::start();
    ASSERT_TRUE(started.ok()) << started.error().message();
    spawner_.emplace(std::move(*started));
  }

  SpawnOutcome run(const SpawnRequest& request) {
    auto outcome = spawner_->run(request);
    if (outcome.ok()) return std::move(*outcome);
    ADD_FAILURE() << outcome.error().message();
    return {};
  }

  std::optional<Spawner> spawner_;
};

}  // namespace kite::race
