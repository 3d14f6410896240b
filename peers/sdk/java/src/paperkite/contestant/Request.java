// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What the scheduler asks for on the command line. Texts that do not belong to the command are empty. */
public final class Request {
  private static final String USAGE =
      """
      usage: version
             oneshot --model F --picture F --recipe F --labels F COMMON
             no_pre  --model F --inputs F.npy --count N [--logits F.npy | --blocks MS] COMMON
             inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy] [--blocks MS] COMMON
             prepare --model F COMMON
      COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]...""";
  private static final Map<String, Set<String>> NEEDS =
      Map.of(
          "version", Set.of(),
          "prepare", Set.of("model"),
          "oneshot", Set.of("model", "picture", "recipe", "labels"),
          "no_pre", Set.of("model", "inputs", "count"),
          "inc_pre", Set.of("model", "inputs", "recipe", "count"));
  private static final Set<String> OPTIONAL = Set.of("threads", "track", "logits", "tensors", "blocks");

  public final String command;
  public final int count;

  /** 0: the runtime chooses, as on the default track. */
  public final int threads;

  /** Milliseconds; 0: a plain series. */
  public final int blocks;

  /** Of --set, all of them texts. */
  public final Map<String, String> settings = new HashMap<>();

  private final Map<String, String> values = new HashMap<>();

  Request(String[] words) throws Failure {
    if (words.length % 2 == 0 || !NEEDS.containsKey(words[0])) throw new Failure(USAGE);
    command = words[0];
    for (int i = 1; i < words.length; i += 2) {
      String name = words[i].startsWith("--") ? words[i].substring(2) : "";
      int equals = words[i + 1].indexOf('=');
      if (name.equals("set") && equals > 0) {
        settings.put(words[i + 1].substring(0, equals), words[i + 1].substring(equals + 1));
      } else if (NEEDS.get(command).contains(name) || OPTIONAL.contains(name)) {
        values.put(name, words[i + 1]);
      } else {
        throw new Failure(words[i] + " " + words[i + 1] + " is no option of " + command + "\n" + USAGE);
      }
    }
    for (String name : NEEDS.get(command)) {
      if (!values.containsKey(name)) throw new Failure("--" + name + " is missing\n" + USAGE);
    }
    if (!Set.of("matched", "default").contains(track())) throw new Failure("--track " + track() + ": matched or default");
    count = whole("count", 1, 1);
    threads = onDefaultTrack() ? 0 : whole("threads", 0, 0);
    blocks = whole("blocks", 0, 1);
    if (blocks > 0 && !(text("logits") + text("tensors")).isEmpty()) {
      throw new Failure("--blocks goes with neither --logits nor --tensors");
    }
  }

  private int whole(String name, int otherwise, int least) throws Failure {
    if (!values.containsKey(name)) return otherwise;
    try {
      int number = Integer.parseInt(values.get(name));
      if (number >= least) return number;
    } catch (NumberFormatException error) {
      // said below
    }
    throw new Failure("--" + name + " " + values.get(name) + ": a whole number of at least " + least + " is needed");
  }

  /** "model", "picture", "recipe", "labels", "inputs", "logits" or "tensors". */
  public String text(String name) {
    return values.getOrDefault(name, "");
  }

  private String track() {
    return values.getOrDefault("track", "matched");
  }

  public boolean onDefaultTrack() {
    return track().equals("default");
  }

  /** A setting that the contestant cannot do without. */
  public String required(String key) throws Failure {
    if (!settings.containsKey(key)) throw new Failure("--set " + key + "=... is missing");
    return settings.get(key);
  }
}
