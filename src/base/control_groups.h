// SPDX-License-Identifier: Apache-2.0
// The kernel's control groups (v1 and v2) that this process is in: what a container or a service may use.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace kite {

// Calls `visit` with the folder of each group that limits this process by `controller` ("cpu", "memory"): its own group
// and all above it that can be seen, in the v2 hierarchy and in the v1 one of that controller. `root` is put in front
// of every absolute path; "" is the machine itself.
void each_control_group(const std::string& root, std::string_view controller,
                        const std::function<void(const std::string& folder, bool v2)>& visit);

}  // namespace kite
