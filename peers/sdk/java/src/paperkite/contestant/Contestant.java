// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The protocol of peers/README.md for contestants written in Java: they only load a model and infer. */
public final class Contestant {
  private static final int TENSORS_KEPT = 16;

  // Linux cuts names of threads after 15 letters.
  private static final String POOL = "kite-pool";

  private final Program program;
  private final Request request;
  private final Gson json = new Gson();
  private final OutputStream out = new FileOutputStream(FileDescriptor.out); // unbuffered

  private Engine engine;
  private int threads;

  private Contestant(Program program, String[] words) throws Failure {
    this.program = program;
    this.request = new Request(words);
  }

  /** The whole of main(). */
  public static void run(String[] words, Program program) {
    try {
      new Contestant(program, words).run();
    } catch (Exception error) {
      System.err.println("contestant: " + (error instanceof Failure ? error.getMessage() : error));
      System.exit(1);
    }
  }

  private void run() throws Exception {
    Map<String, String> versions = new TreeMap<>(program.start(request));
    versions.put("java", System.getProperty("java.version"));
    long runtimeNs = System.nanoTime(); // CLOCK_MONOTONIC, in every Java for Linux
    switch (request.command) {
      case "version" -> say(Map.of("info", Map.of("versions", versions)));
      case "prepare" -> program.prepare(request);
      case "oneshot" -> oneshot();
      default -> series(versions, runtimeNs);
    }
  }

  /** Each a line of JSON, written at once: the output of a killed process shows how far it came. */
  private void say(Object... lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Object line : lines) text.append(json.toJson(line)).append('\n');
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, Object> line(Object... keysAndValues) {
    Map<String, Object> line = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) line.put((String) keysAndValues[i], keysAndValues[i + 1]);
    return line;
  }

  /**
   * Loads the model and counts the threads that this makes. A thread inherits the name of the thread that makes it
   * until it gets its own name, as the threads of the virtual machine do. So a thread with a special name loads the
   * model, and threads with that name are counted.
   */
  private void load() throws Exception {
    Exception[] failure = new Exception[1];
    Thread loader =
        new Thread(
            () -> {
              try {
                engine = program.load(request);
                // This thread stands for the one that will infer, which belongs to the pool.
                threads = tasksNamed(POOL);
              } catch (Exception error) {
                failure[0] = error;
              }
            },
            POOL);
    loader.start();
    loader.join();
    if (failure[0] != null) throw failure[0];
  }

  private static int tasksNamed(String name) throws IOException {
    int count = 0;
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        try {
          if (Files.readString(task.resolve("comm")).strip().equals(name)) ++count;
        } catch (IOException gone) {
          continue; // a thread that ended meanwhile
        }
      }
    }
    return count;
  }

  /** What the kernel says of this process, now; a figure that it does not give is left out. */
  private static Map<String, Object> memoryMark(String name, boolean peak) {
    Map<String, Object> mark = line("mark", name);
    // A file mapped from a tmpfs counts as shared memory.
    addLines(mark, "status", Map.of("RssAnon", "rss_anon_bytes", "RssFile", "rss_file_bytes", "RssShmem", "rss_file_bytes"));
    if (peak) addLines(mark, "status", Map.of("VmHWM", "vm_hwm_bytes"));
    addLines(mark, "smaps_rollup", Map.of("Pss", "pss_bytes"));
    return mark;
  }

  /** Lines of one name are added up. */
  private static void addLines(Map<String, Object> mark, String file, Map<String, String> names) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc/self", file));
    } catch (IOException error) {
      return;
    }
    for (String line : lines) {
      String[] words = line.split("[:\\s]+");
      if (words.length != 3 || !names.containsKey(words[0])) continue;
      mark.merge(names.get(words[0]), Long.parseLong(words[1]) * 1024, (one, other) -> (Long) one + (Long) other);
    }
  }

  /** The first of the largest, and its probability. */
  private record Best(int index, double score) {}

  private static Best best(float[] scores) {
    int index = 0;
    for (int i = 1; i < scores.length; ++i) if (scores[i] > scores[index]) index = i;
    double sum = 0;
    for (float score : scores) sum += Math.exp(score - scores[index]);
    return new Best(index, 1 / sum);
  }

  private void oneshot() throws Exception {
    Recipe recipe = new Recipe(request.text("recipe"));
    load();
    Recipe.Tensor tensor = recipe.tensor(request.text("picture"));
    Best best = best(engine.infer(tensor.values(), tensor.shape()));
    List<String> labels = Files.readAllLines(Path.of(request.text("labels")));
    String label = best.index < labels.size() ? labels.get(best.index) : String.valueOf(best.index);
    // Four decimals by integer arithmetic: a formatter takes more time than the answer.
    String digits = String.valueOf(10000 + Math.round(best.score * 10000));
    String score = (digits.charAt(0) == '1' ? "0." : "1.") + digits.substring(1);
    out.write((best.index + ", " + label + ", " + score + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** What is inferred on, one input after the other: tensors of a file, or pictures. */
  private final class Inputs {
    private final Tensors tensors;
    private final List<String> paths;
    private final Recipe recipe;

    Inputs() throws IOException, Failure {
      boolean pictures = request.command.equals("inc_pre");
      tensors = pictures ? null : new Tensors(request.text("inputs"));
      recipe = pictures ? new Recipe(request.text("recipe")) : null;
      paths = pictures ? Files.readAllLines(Path.of(request.text("inputs"))) : List.of();
      if (pictures && paths.isEmpty()) throw new Failure(request.text("inputs") + ": names no picture");
    }

    int count() {
      return tensors != null ? tensors.count : paths.size();
    }

    Sample take(int index) throws Exception {
      FloatBuffer ready = tensors != null ? tensors.read(index) : null;
      long begin = System.nanoTime();
      Recipe.Tensor tensor = ready != null ? new Recipe.Tensor(ready, tensors.shape) : recipe.tensor(paths.get(index));
      float[] scores = engine.infer(tensor.values(), tensor.shape());
      return new Sample(index, begin, System.nanoTime(), scores, tensor);
    }
  }

  /** The tensor is overwritten by the next sample's. */
  private record Sample(int input, long begin, long end, float[] scores, Recipe.Tensor tensor) {
    double ms() {
      return (end - begin) / 1e6;
    }
  }

  private static final class Series {
    final List<Object> lines = new ArrayList<>();
    final List<float[]> logits = new ArrayList<>();
    final List<float[]> tensors = new ArrayList<>();
    long[] shape = {};
    long end;
  }

  private Series take(Inputs inputs) throws Exception {
    Series series = new Series();
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < request.count; ++i) {
      Sample sample = inputs.take(i % inputs.count());
      if (i == 0) say(line("phase", "first", "t_ns", sample.end));
      if (!request.text("tensors").isEmpty() && i < TENSORS_KEPT) {
        float[] copy = new float[sample.tensor.values().capacity()];
        sample.tensor.values().get(0, copy);
        series.tensors.add(copy);
        series.shape = sample.tensor.shape().clone();
      }
      samples.add(sample);
      series.end = sample.end;
    }
    for (Sample sample : samples) {
      Best best = best(sample.scores);
      series.lines.add(
          line("sample", series.lines.size(), "input", sample.input, "ms", sample.ms(), "index", best.index, "score", best.score));
      series.logits.add(sample.scores);
    }
    return series;
  }

  private void series(Map<String, String> versions, long runtimeNs) throws Exception {
    say(line("phase", "runtime", "t_ns", runtimeNs));
    Inputs inputs = new Inputs();
    load();
    say(line("phase", "loaded", "t_ns", System.nanoTime()), memoryMark("loaded", false));
    Series series = take(inputs);
    Map<String, Object> mark = memoryMark("end", true);
    say(series.lines.toArray());
    long end = series.end;
    if (request.blocks > 0) {
      end = blocks(inputs, end);
      mark = memoryMark("end", true);
    }
    say(mark, Map.of("info", line("threads", threads, "versions", versions, "settings", engine.settings())));
    if (!request.text("logits").isEmpty()) {
      Tensors.write(request.text("logits"), new long[] {request.count, series.logits.get(0).length}, series.logits);
    }
    if (!request.text("tensors").isEmpty()) {
      series.shape[0] = series.tensors.size();
      Tensors.write(request.text("tensors"), series.shape, series.tensors);
    }
    say(line("phase", "done", "t_ns", end)); // the last line; time after the last sample is not inference
  }

  /** Returns when the last inference ended. */
  private long blocks(Inputs inputs, long end) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    say(line("ready", true));
    int block = 0;
    for (String token = lines.readLine(); token != null; token = lines.readLine()) {
      long begin = System.nanoTime();
      int first = token.matches("go [0-9]{1,9}") ? Integer.parseInt(token.substring(3)) : inputs.count();
      if (first >= inputs.count()) {
        throw new Failure("\"" + token + "\" on standard input is no \"go K\" with K below " + inputs.count());
      }
      List<Sample> samples = new ArrayList<>();
      do {
        samples.add(inputs.take((first + samples.size()) % inputs.count()));
        end = samples.get(samples.size() - 1).end;
      } while (end - begin < request.blocks * 1_000_000L);
      List<Object> said = new ArrayList<>();
      for (Sample sample : samples) {
        Best best = best(sample.scores);
        said.add(List.of(sample.input, sample.ms(), best.index, best.score));
      }
      say(line("block", block++, "samples", said));
    }
    return end;
  }
}
