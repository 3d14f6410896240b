// SPDX-License-Identifier: Apache-2.0

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.FloatBuffer;
import java.util.Map;
import paperkite.contestant.Contestant;
import paperkite.contestant.Engine;
import paperkite.contestant.Failure;
import paperkite.contestant.Program;
import paperkite.contestant.Request;

/** ONNX Runtime through the package com.microsoft.onnxruntime. README.md says which settings, and why they are fair. */
final class OnnxRuntime implements Program {
  private static final Map<String, SessionOptions.OptLevel> LEVELS =
      Map.of(
          "disabled", SessionOptions.OptLevel.NO_OPT,
          "basic", SessionOptions.OptLevel.BASIC_OPT,
          "extended", SessionOptions.OptLevel.EXTENDED_OPT,
          "all", SessionOptions.OptLevel.ALL_OPT);

  private OrtEnvironment environment;

  @Override
  public Map<String, String> start(Request request) throws Failure {
    // Otherwise the package unpacks its library into a temporary folder at every start.
    System.setProperty("onnxruntime.native.path", request.required("native"));
    environment = OrtEnvironment.getEnvironment();
    return Map.of("onnxruntime", environment.getVersion());
  }

  /**
   * The default track sets nothing at all. Settings whose names begin with "session." are the library's own configuration entries
   * and are handed over as they are.
   */
  private static SessionOptions options(Request request, String level) throws OrtException, Failure {
    SessionOptions options = new SessionOptions();
    if (request.onDefaultTrack()) return options;
    if (!LEVELS.containsKey(level)) {
      throw new Failure("--set optimisation=" + level + ": disabled, basic, extended or all");
    }
    options.setOptimizationLevel(LEVELS.get(level));
    options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
    options.setIntraOpNumThreads(request.threads);
    for (Map.Entry<String, String> setting : request.settings.entrySet()) {
      if (setting.getKey().startsWith("session.")) options.addConfigEntry(setting.getKey(), setting.getValue());
    }
    return options;
  }

  @Override
  public Engine load(Request request) throws OrtException, Failure {
    String saved = request.settings.get("saved_model");
    // A saved model is optimised already; optimising it again would only take time.
    String level = saved != null ? "disabled" : request.settings.getOrDefault("optimisation", "all");
    OrtSession session = environment.createSession(saved != null ? saved : request.text("model"), options(request, level));
    String input = session.getInputNames().iterator().next();
    String how = "graph optimisation: " + (saved != null ? "all, done before and saved" : level);
    String settings = how + "; sequential; the pool spins between calls, as it does by default";
    return new Engine() {
      @Override
      public float[] infer(FloatBuffer values, long[] shape) throws OrtException {
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, values, shape); // borrows the direct buffer
            OrtSession.Result outputs = session.run(Map.of(input, tensor))) {
          return ((OnnxTensor) outputs.get(0)).getFloatBuffer().array();
        }
      }

      @Override
      public String settings() {
        return request.onDefaultTrack() ? "nothing set" : settings;
      }
    };
  }

  @Override
  public void prepare(Request request) throws OrtException, Failure {
    SessionOptions options = options(request, "all");
    options.setOptimizedModelFilePath(request.required("saved_model"));
    environment.createSession(request.text("model"), options).close();
  }

  public static void main(String[] words) {
    Contestant.run(words, new OnnxRuntime());
  }
}
