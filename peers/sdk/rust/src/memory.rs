// SPDX-License-Identifier: Apache-2.0
//! What the kernel says of this process.

use serde_json::{Map, Value, json};
use std::fs;

// A file mapped from a tmpfs counts as shared memory.
const STATUS: &[(&str, &str)] =
    &[("RssAnon", "rss_anon_bytes"), ("RssFile", "rss_file_bytes"), ("RssShmem", "rss_file_bytes")];

// Lines of one name are added up.
fn add_lines(text: &str, wanted: &[(&str, &str)], mark: &mut Map<String, Value>) {
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let Some((_, name)) = wanted.iter().find(|(from, _)| *from == key) else { continue };
        if let Some(kibibytes) = value.trim().strip_suffix(" kB").and_then(|number| number.parse::<u64>().ok()) {
            let before = mark.get(*name).and_then(Value::as_u64).unwrap_or(0);
            mark.insert((*name).to_string(), json!(before + kibibytes * 1024));
        }
    }
}

/// Resident and proportional memory now; a figure that this kernel does not report is left out.
pub fn mark(name: &str, peak: bool) -> Value {
    let mut mark = Map::new();
    mark.insert("mark".to_string(), json!(name));
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    add_lines(&read("/proc/self/status"), STATUS, &mut mark);
    if peak {
        add_lines(&read("/proc/self/status"), &[("VmHWM", "vm_hwm_bytes")], &mut mark);
    }
    add_lines(&read("/proc/self/smaps_rollup"), &[("Pss", "pss_bytes")], &mut mark);
    Value::Object(mark)
}

/// Threads of this process. The size of a pool is the number of threads that making it adds, plus the calling thread.
pub fn tasks() -> usize {
    fs::read_dir("/proc/self/task").map(|tasks| tasks.count()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_on_a_tmpfs_counts_with_the_other_files() {
        let mut mark = Map::new();
        add_lines("VmHWM:\t 9 kB\nRssAnon:\t 4 kB\nRssFile:\t 2 kB\nRssShmem:\t 1 kB\n", STATUS, &mut mark);
        assert_eq!(Value::Object(mark), json!({"rss_anon_bytes": 4096, "rss_file_bytes": 3072}));
    }
}
