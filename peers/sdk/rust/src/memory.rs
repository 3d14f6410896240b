// SPDX-License-Identifier: Apache-2.0
//! What the kernel says of this process.

use serde_json::{Map, Value, json};
use std::fs;

fn add_lines(path: &str, wanted: &[(&str, &str)], mark: &mut Map<String, Value>) {
    let Ok(text) = fs::read_to_string(path) else { return };
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let Some((_, name)) = wanted.iter().find(|(from, _)| *from == key) else { continue };
        if let Some(kibibytes) = value.trim().strip_suffix(" kB").and_then(|number| number.parse::<u64>().ok()) {
            mark.insert((*name).to_string(), json!(kibibytes * 1024));
        }
    }
}

/// Resident and proportional memory now; a figure that this kernel does not give is left out.
pub fn mark(name: &str, peak: bool) -> Value {
    let mut mark = Map::new();
    mark.insert("mark".to_string(), json!(name));
    let mut wanted = vec![("RssAnon", "rss_anon_bytes"), ("RssFile", "rss_file_bytes")];
    if peak {
        wanted.push(("VmHWM", "vm_hwm_bytes"));
    }
    add_lines("/proc/self/status", &wanted, &mut mark);
    add_lines("/proc/self/smaps_rollup", &[("Pss", "pss_bytes")], &mut mark);
    Value::Object(mark)
}

/// Threads of this process. A pool's size is what making it adds, and the calling thread.
pub fn tasks() -> usize {
    fs::read_dir("/proc/self/task").map(|tasks| tasks.count()).unwrap_or(1)
}
