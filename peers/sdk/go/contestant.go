// SPDX-License-Identifier: Apache-2.0

// Package contestant is the protocol of peers/README.md for contestants written in Go: they only load a model and infer.
package contestant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

const tensorsKept = 16

// Engine is a loaded model. Infer is timed: it borrows the input [1, C, H, W] and returns scores that it owns.
type Engine interface {
	Infer(input []float32, shape []int64) ([]float32, error)
	Threads() int // how many it really uses
	Settings() string
}

// Program is the contestant's own code. Start makes the runtime ready and returns its versions; Load makes an engine from the
// model; Prepare, if it is set, writes the files that later runs read.
type Program struct {
	Start   func(*Request) (map[string]string, error)
	Load    func(*Request) (Engine, error)
	Prepare func(*Request) error
}

// ModuleVersion is that of a module which the program was built with.
func ModuleVersion(path string) string {
	if info, found := debug.ReadBuildInfo(); found {
		for _, module := range info.Deps {
			if module.Path == path {
				return module.Version
			}
		}
	}
	return "unknown"
}

type line = map[string]any

// A line is written at once, so that the output of a killed process shows how far it came.
func say(lines ...any) error {
	var text bytes.Buffer
	for _, one := range lines {
		encoder := json.NewEncoder(&text)
		if err := encoder.Encode(one); err != nil {
			return err
		}
	}
	_, err := os.Stdout.Write(text.Bytes())
	return err
}

// The first of the largest, and its probability; softmax in double.
func best(scores []float32) (int, float64) {
	index, sum := 0, 0.0
	for i, score := range scores {
		if score > scores[index] {
			index = i
		}
	}
	for _, score := range scores {
		sum += math.Exp(float64(score - scores[index]))
	}
	return index, 1 / sum
}

func oneshot(request *Request, load func(*Request) (Engine, error)) error {
	recipe, err := readRecipe(request.Recipe)
	if err != nil {
		return err
	}
	engine, err := load(request)
	if err != nil {
		return err
	}
	var values []float32
	shape, err := recipe.tensor(request.Picture, &values)
	if err != nil {
		return err
	}
	scores, err := engine.Infer(values, shape)
	if err != nil {
		return err
	}
	index, score := best(scores)
	text, err := os.ReadFile(request.Labels)
	if err != nil {
		return err
	}
	label := strconv.Itoa(index)
	if labels := strings.Split(string(text), "\n"); index < len(labels) {
		label = labels[index]
	}
	_, err = fmt.Printf("%d, %s, %.4f\n", index, label, score)
	return err
}

// The inputs of the inferences, one after another: tensors of a file, or pictures.
type inputs struct {
	tensors *tensors
	paths   []string
	recipe  *recipe
	values  []float32
}

func openInputs(request *Request) (*inputs, error) {
	if request.Command == "no_pre" {
		opened, err := openTensors(request.Inputs)
		return &inputs{tensors: opened}, err
	}
	recipe, err := readRecipe(request.Recipe)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(request.Inputs)
	if err != nil {
		return nil, err
	}
	paths := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: names no picture", request.Inputs)
	}
	return &inputs{paths: paths, recipe: recipe}, nil
}

func (in *inputs) count() int {
	if in.tensors != nil {
		return in.tensors.count
	}
	return len(in.paths)
}

type sample struct {
	input      int
	begin, end int64
	scores     []float32
}

func (s sample) ms() float64 { return float64(s.end-s.begin) / 1e6 }

// take gives one sample; in.values and the returned shape are its input until the next one.
func (in *inputs) take(engine Engine, index int) (sample, []int64, error) {
	taken := sample{input: index}
	var shape []int64
	var err error
	if in.tensors != nil {
		if err = in.tensors.read(index); err != nil {
			return taken, nil, err
		}
		in.values, shape = in.tensors.values, in.tensors.shape
		taken.begin = now()
	} else {
		taken.begin = now()
		if shape, err = in.recipe.tensor(in.paths[index], &in.values); err != nil {
			return taken, nil, err
		}
	}
	taken.scores, err = engine.Infer(in.values, shape)
	taken.end = now()
	return taken, shape, err
}

// Returns when the last inference ended.
func blocks(request *Request, engine Engine, in *inputs, end int64) (int64, error) {
	if err := say(line{"ready": true}); err != nil {
		return end, err
	}
	lines := bufio.NewScanner(os.Stdin)
	for block := 0; lines.Scan(); block++ {
		begin := now()
		first, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "go "))
		if err != nil || !strings.HasPrefix(lines.Text(), "go ") || first < 0 || first >= in.count() {
			return end, fmt.Errorf("%q on standard input is no \"go K\" with K below %d", lines.Text(), in.count())
		}
		var samples []sample
		for len(samples) == 0 || end-begin < int64(request.Blocks)*1_000_000 {
			taken, _, err := in.take(engine, (first+len(samples))%in.count())
			if err != nil {
				return end, err
			}
			samples, end = append(samples, taken), taken.end
		}
		said := make([][4]any, len(samples))
		for i, one := range samples {
			index, score := best(one.scores)
			said[i] = [4]any{one.input, one.ms(), index, score}
		}
		if err := say(line{"block": block, "samples": said}); err != nil {
			return end, err
		}
	}
	return end, lines.Err()
}

func series(request *Request, runtimeNs int64, versions map[string]string, load func(*Request) (Engine, error)) error {
	if err := say(line{"phase": "runtime", "t_ns": runtimeNs}); err != nil {
		return err
	}
	in, err := openInputs(request)
	if err != nil {
		return err
	}
	engine, err := load(request)
	if err != nil {
		return err
	}
	if err := say(line{"phase": "loaded", "t_ns": now()}, memoryMark("loaded", false)); err != nil {
		return err
	}
	var lines []any
	var logits, kept []float32
	var keptShape []int64
	end := int64(0)
	for i := 0; i < request.Count; i++ {
		taken, shape, err := in.take(engine, i%in.count())
		if err != nil {
			return err
		}
		end = taken.end
		if i == 0 {
			if err := say(line{"phase": "first", "t_ns": end}); err != nil {
				return err
			}
		}
		if request.Tensors != "" && i < tensorsKept {
			kept, keptShape = append(kept, in.values...), shape
		}
		logits = append(logits, taken.scores...)
		lines = append(lines, taken)
	}
	mark := memoryMark("end", true)
	for i, one := range lines {
		taken := one.(sample)
		index, score := best(taken.scores)
		lines[i] = line{"sample": i, "input": taken.input, "ms": taken.ms(), "index": index, "score": score}
	}
	if err := say(lines...); err != nil {
		return err
	}
	if request.Blocks > 0 {
		if end, err = blocks(request, engine, in, end); err != nil {
			return err
		}
		mark = memoryMark("end", true)
	}
	info := line{"threads": engine.Threads(), "versions": versions, "settings": engine.Settings()}
	if err := say(mark, line{"info": info}); err != nil {
		return err
	}
	if request.Logits != "" {
		classes := int64(len(logits) / request.Count)
		if err := writeTensors(request.Logits, []int64{int64(request.Count), classes}, logits); err != nil {
			return err
		}
	}
	if request.Tensors != "" {
		if request.Count < tensorsKept {
			keptShape = append([]int64{int64(request.Count)}, keptShape[1:]...)
		} else {
			keptShape = append([]int64{tensorsKept}, keptShape[1:]...)
		}
		if err := writeTensors(request.Tensors, keptShape, kept); err != nil {
			return err
		}
	}
	return say(line{"phase": "done", "t_ns": end}) // the last line; time after the last sample is not inference
}

func run(program Program) error {
	request, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	versions, err := program.Start(request)
	if err != nil {
		return err
	}
	versions["go"] = strings.TrimPrefix(runtime.Version(), "go")
	runtimeNs := now()
	switch request.Command {
	case "version":
		return say(line{"info": line{"versions": versions}})
	case "prepare":
		if program.Prepare == nil {
			return fmt.Errorf("there is nothing to prepare")
		}
		return program.Prepare(request)
	case "oneshot":
		return oneshot(request, program.Load)
	default:
		return series(request, runtimeNs, versions, program.Load)
	}
}

// Run is the whole of main().
func Run(program Program) {
	if err := run(program); err != nil {
		fmt.Fprintln(os.Stderr, "contestant:", err)
		os.Exit(1)
	}
}
