// SPDX-License-Identifier: Apache-2.0

// ONNX Runtime through the module yalue/onnxruntime_go, with the same library file that the Python contestant loads.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
	contestant "paperkite.local/contestant"
)

var levels = map[string]ort.GraphOptimizationLevel{
	"disabled": ort.GraphOptimizationLevelDisableAll,
	"basic":    ort.GraphOptimizationLevelEnableBasic,
	"extended": ort.GraphOptimizationLevelEnableExtended,
	"all":      ort.GraphOptimizationLevelEnableAll,
}

type engine struct {
	session  *ort.DynamicAdvancedSession
	threads  int
	settings string
}

func (e *engine) Infer(input []float32, shape []int64) ([]float32, error) {
	tensor, err := ort.NewTensor(ort.NewShape(shape...), input) // borrows the input
	if err != nil {
		return nil, err
	}
	defer tensor.Destroy()
	outputs := []ort.Value{nil} // made by the runtime
	if err := e.session.Run([]ort.Value{tensor}, outputs); err != nil {
		return nil, err
	}
	defer outputs[0].Destroy()
	scores, known := outputs[0].(*ort.Tensor[float32])
	if !known {
		return nil, fmt.Errorf("the model's output is not float32")
	}
	return scores.GetData(), nil
}

func (e *engine) Threads() int { return e.threads }

func (e *engine) Settings() string { return e.settings }

func start(request *contestant.Request) (map[string]string, error) {
	library, err := request.Required("library")
	if err != nil {
		return nil, err
	}
	os.Setenv("ORT_DISABLE_TELEMETRY", "1") // read when the library's environment is made
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return nil, err
	}
	return map[string]string{
		"onnxruntime":    ort.GetVersion(),
		"onnxruntime_go": contestant.ModuleVersion("github.com/yalue/onnxruntime_go"),
	}, nil
}

// The default track sets nothing at all. Settings whose names begin with "session." are the library's own configuration
// entries and are passed on unchanged.
func sessionOptions(request *contestant.Request, level string) (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil || request.Track == "default" {
		return options, err
	}
	chosen, known := levels[level]
	if !known {
		return nil, fmt.Errorf("--set optimisation=%s: disabled, basic, extended or all", level)
	}
	if err := options.SetGraphOptimizationLevel(chosen); err != nil {
		return nil, err
	}
	if err := options.SetExecutionMode(ort.ExecutionModeSequential); err != nil {
		return nil, err
	}
	if err := options.SetIntraOpNumThreads(request.Threads); err != nil {
		return nil, err
	}
	for key, value := range request.Settings {
		if !strings.HasPrefix(key, "session.") {
			continue
		}
		if err := options.AddSessionConfigEntry(key, value); err != nil {
			return nil, err
		}
	}
	return options, nil
}

// The binding needs the names of a model's input and output before it opens the model, and can find them only by opening it
// once more. The author of a program knows the names, so they are written into a file before the race.
type names struct{ Inputs, Outputs []string }

func load(request *contestant.Request) (contestant.Engine, error) {
	file, err := request.Required("names")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var known names
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	path, level, settings := request.Model, request.Settings["optimisation"], ""
	if level == "" {
		level = "all"
	}
	settings = "graph optimisation: " + level
	if saved := request.Settings["saved_model"]; saved != "" {
		// A saved model is optimised already; optimising it again would only take time.
		path, level, settings = saved, "disabled", "graph optimisation: all, done before and saved"
	}
	made := &engine{settings: settings + "; sequential; the pool spins between calls, as it does by default"}
	if request.Track == "default" {
		made.settings = "nothing set"
	}
	made.threads, err = contestant.PoolOf(func() error {
		options, err := sessionOptions(request, level)
		if err != nil {
			return err
		}
		defer options.Destroy()
		made.session, err = ort.NewDynamicAdvancedSession(path, known.Inputs[:1], known.Outputs[:1], options)
		return err
	})
	return made, err
}

// Writes the names and, if it is asked for, the optimised model.
func prepare(request *contestant.Request) error {
	file, err := request.Required("names")
	if err != nil {
		return err
	}
	options, err := sessionOptions(request, "all")
	if err != nil {
		return err
	}
	defer options.Destroy()
	if saved := request.Settings["saved_model"]; saved != "" {
		if err := options.SetOptimizedModelFilePath(saved); err != nil {
			return err
		}
	}
	inputs, outputs, err := ort.GetInputOutputInfoWithOptions(request.Model, options)
	if err != nil {
		return err
	}
	var found names
	for _, input := range inputs {
		found.Inputs = append(found.Inputs, input.Name)
	}
	for _, output := range outputs {
		found.Outputs = append(found.Outputs, output.Name)
	}
	if len(found.Inputs) == 0 || len(found.Outputs) == 0 {
		return fmt.Errorf("%s: has no input or no output", request.Model)
	}
	text, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func main() {
	contestant.Run(contestant.Program{Start: start, Load: load, Prepare: prepare})
}
