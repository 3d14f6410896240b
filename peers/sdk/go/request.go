// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const usage = `usage: version
       oneshot --model F --picture F --recipe F --labels F COMMON
       no_pre  --model F --inputs F.npy --count N [--logits F.npy | --blocks MS] COMMON
       inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy] [--blocks MS] COMMON
       prepare --model F COMMON
COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]...`

var needs = map[string][]string{
	"version": {},
	"prepare": {"model"},
	"oneshot": {"model", "picture", "recipe", "labels"},
	"no_pre":  {"model", "inputs", "count"},
	"inc_pre": {"model", "inputs", "recipe", "count"},
}

var optional = []string{"threads", "track", "logits", "tensors", "blocks"}

// Request is what the scheduler asks for on the command line. Texts that do not belong to the command are empty.
type Request struct {
	Command, Model, Picture, Recipe, Labels, Inputs, Logits, Tensors, Track string

	Count   int
	Threads int // 0: the runtime chooses, as on the default track
	Blocks  int // milliseconds; 0: a plain series

	Settings map[string]string
}

// Required returns a setting that the contestant must have.
func (request *Request) Required(key string) (string, error) {
	value, found := request.Settings[key]
	if !found {
		return "", fmt.Errorf("--set %s=... is missing", key)
	}
	return value, nil
}

func contains(words []string, word string) bool {
	for _, other := range words {
		if other == word {
			return true
		}
	}
	return false
}

func parse(words []string) (*Request, error) {
	if len(words) == 0 || needs[words[0]] == nil || len(words)%2 == 0 {
		return nil, errors.New(usage)
	}
	request := &Request{Command: words[0], Settings: map[string]string{}}
	values := map[string]string{}
	for i := 1; i < len(words); i += 2 {
		name := strings.TrimPrefix(words[i], "--")
		switch {
		case name == "set":
			key, value, found := strings.Cut(words[i+1], "=")
			if !found {
				return nil, fmt.Errorf("--set %s: KEY=VALUE is needed", words[i+1])
			}
			request.Settings[key] = value
		case contains(needs[request.Command], name) || contains(optional, name):
			values[name] = words[i+1]
		default:
			return nil, fmt.Errorf("%s is no option of %s\n%s", words[i], request.Command, usage)
		}
	}
	for _, name := range needs[request.Command] {
		if _, found := values[name]; !found {
			return nil, fmt.Errorf("--%s is missing\n%s", name, usage)
		}
	}
	return request, request.fill(values)
}

func (request *Request) fill(values map[string]string) error {
	texts := map[string]*string{
		"model": &request.Model, "picture": &request.Picture, "recipe": &request.Recipe, "labels": &request.Labels,
		"inputs": &request.Inputs, "logits": &request.Logits, "tensors": &request.Tensors, "track": &request.Track,
	}
	for name, text := range texts {
		*text = values[name]
	}
	request.Count = 1
	for name, number := range map[string]struct {
		at    *int
		least int
	}{"count": {&request.Count, 1}, "threads": {&request.Threads, 0}, "blocks": {&request.Blocks, 1}} {
		text, found := values[name]
		if !found {
			continue
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < number.least {
			return fmt.Errorf("--%s %s: a whole number of at least %d is needed", name, text, number.least)
		}
		*number.at = value
	}
	switch request.Track {
	case "", "matched":
		request.Track = "matched"
	case "default":
		request.Threads = 0
	default:
		return fmt.Errorf("--track %s: matched or default", request.Track)
	}
	if request.Blocks > 0 && (request.Logits != "" || request.Tensors != "") {
		return errors.New("--blocks goes with neither --logits nor --tensors")
	}
	return nil
}
