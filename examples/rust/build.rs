// SPDX-License-Identifier: Apache-2.0
// Where the library lies is what pkg-config says.
fn main() {
    pkg_config::Config::new()
        .atleast_version("0.1.0")
        .probe("paperkite")
        .expect("paperkite is installed and PKG_CONFIG_PATH names it");
}
