// SPDX-License-Identifier: Apache-2.0
//! What the scheduler asks for on the command line.

use crate::Failure;
use std::collections::HashMap;

const USAGE: &str = "usage: version
       oneshot --model F --picture F --recipe F --labels F COMMON
       no_pre  --model F --inputs F.npy --count N [--logits F.npy] [--blocks MS] COMMON
       inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy] [--blocks MS] COMMON
       prepare --model F COMMON
COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]...";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Version,
    Oneshot,
    NoPre,
    IncPre,
    Prepare,
}

/// Texts that do not belong to the command are empty.
#[derive(Debug)]
pub struct Request {
    pub command: Command,
    pub model: String,
    pub picture: String,
    pub recipe: String,
    pub labels: String,
    pub inputs: String,
    pub logits: String,
    pub tensors: String,
    pub count: usize,
    /// How long a block takes at least; none: there are no blocks.
    pub block_ns: Option<i64>,
    /// 0 where the runtime shall choose, as on the default track.
    pub threads: usize,
    settings: HashMap<String, String>,
}

impl Request {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Request, Failure> {
        let (command, needed): (_, &[&str]) = match arguments.next().as_deref() {
            Some("version") => (Command::Version, &[]),
            Some("oneshot") => (Command::Oneshot, &["model", "picture", "recipe", "labels"]),
            Some("no_pre") => (Command::NoPre, &["model", "inputs", "count"]),
            Some("inc_pre") => (Command::IncPre, &["model", "inputs", "recipe", "count"]),
            Some("prepare") => (Command::Prepare, &["model"]),
            _ => return Err(USAGE.into()),
        };
        let (mut values, mut settings) = (HashMap::new(), HashMap::new());
        while let Some(word) = arguments.next() {
            let known = ["threads", "track", "set", "logits", "tensors", "blocks"];
            let name = word.strip_prefix("--").filter(|name| needed.contains(name) || known.contains(name));
            let (Some(name), Some(value)) = (name, arguments.next()) else {
                return Err(format!("{word} is no option of this command, or has no value\n{USAGE}").into());
            };
            match value.split_once('=') {
                Some((key, setting)) if name == "set" => {
                    settings.insert(key.to_string(), setting.to_string());
                }
                _ => {
                    values.insert(name.to_string(), value);
                }
            }
        }
        if let Some(missing) = needed.iter().find(|name| !values.contains_key(**name)) {
            return Err(format!("--{missing} is missing\n{USAGE}").into());
        }
        let number = |name: &str, default: usize, least: usize| -> Result<usize, Failure> {
            let Some(text) = values.get(name) else { return Ok(default) };
            let number = text.parse().ok().filter(|number| *number >= least);
            number.ok_or_else(|| format!("--{name} {text}: a whole number of at least {least} is needed").into())
        };
        let threads = match values.get("track").map_or("matched", String::as_str) {
            "matched" => number("threads", 0, 0)?,
            "default" => 0,
            other => return Err(format!("--track {other}: matched or default").into()),
        };
        let count = number("count", 1, 1)?;
        let block_ms = if values.contains_key("blocks") { Some(number("blocks", 1, 1)?) } else { None };
        let block_ns = block_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000));
        let mut text = |name: &str| values.remove(name).unwrap_or_default();
        Ok(Request {
            command,
            model: text("model"),
            picture: text("picture"),
            recipe: text("recipe"),
            labels: text("labels"),
            inputs: text("inputs"),
            logits: text("logits"),
            tensors: text("tensors"),
            count,
            block_ns,
            threads,
            settings,
        })
    }

    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str)
    }

    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A setting that the contestant cannot do without.
    pub fn required(&self, key: &str) -> Result<&str, Failure> {
        self.setting(key).ok_or_else(|| format!("--set {key}=... is missing").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, Failure> {
        Request::parse(line.split_whitespace().map(str::to_string))
    }

    #[test]
    fn the_default_track_leaves_the_threads_to_the_runtime() {
        let line = "no_pre --model m --inputs i.npy --count 3 --threads 2 --set level=all --track";
        assert_eq!(parse(&format!("{line} default")).unwrap().threads, 0);
        let request = parse(&format!("{line} matched")).unwrap();
        assert_eq!((request.threads, request.count, request.setting("level")), (2, 3, Some("all")));
        assert_eq!(request.block_ns, None);
        assert_eq!(parse(&format!("{line} matched --blocks 100")).unwrap().block_ns, Some(100_000_000));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (line, word) in [
            ("no_pre --model m --count 1", "inputs"),
            ("oneshot --modle m", "--modle"),
            ("race", "usage"),
            ("prepare --model m --threads x", "--threads x"),
            ("no_pre --model m --inputs i --count 0", "count"),
            ("no_pre --model m --inputs i --count 1 --blocks 0", "blocks"),
        ] {
            assert!(parse(line).unwrap_err().to_string().contains(word), "{line}");
        }
    }
}
