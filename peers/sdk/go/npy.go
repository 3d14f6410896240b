// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// A stack of equal tensors in a .npy file. read fills one buffer, so that the file does not count as the contestant's memory.
type tensors struct {
	file   *os.File
	dataAt int64
	count  int
	shape  []int64 // of one tensor: [1, C, H, W]
	values []float32
	bytes  []byte
}

var shapePattern = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
var plainPattern = regexp.MustCompile(`'descr':\s*'<f4'.*'fortran_order':\s*False`)

func openTensors(path string) (*tensors, error) {
	broken := func(what string) error {
		return fmt.Errorf("%s: %s; save it with numpy.save() as float32 [N, C, H, W]", path, what)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	start := make([]byte, 12)
	if _, err := file.ReadAt(start, 0); err != nil || string(start[:6]) != "\x93NUMPY" {
		return nil, broken("not a .npy file")
	}
	size, begin := int64(binary.LittleEndian.Uint16(start[8:])), int64(10)
	if start[6] != 1 {
		size, begin = int64(binary.LittleEndian.Uint32(start[8:])), 12
	}
	if size > 1<<20 {
		return nil, broken("its header is too long")
	}
	header := make([]byte, size)
	if _, err := file.ReadAt(header, begin); err != nil {
		return nil, broken("its header is cut off")
	}
	shape := shapePattern.FindSubmatch(header)
	if shape == nil || !plainPattern.Match(header) {
		return nil, broken("it holds something else")
	}
	var dims []int64
	for _, word := range strings.FieldsFunc(string(shape[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		dim, err := strconv.ParseInt(word, 10, 32)
		if err != nil || dim < 1 {
			return nil, broken("its shape has a length that is no length")
		}
		dims = append(dims, dim)
	}
	if len(dims) != 4 {
		return nil, broken("its shape has no four dimensions")
	}
	elements := dims[1] * dims[2] * dims[3]
	return &tensors{
		file: file, dataAt: begin + size, count: int(dims[0]), shape: append([]int64{1}, dims[1:]...),
		values: make([]float32, elements), bytes: make([]byte, 4*elements),
	}, nil
}

func (t *tensors) read(index int) error {
	if _, err := t.file.ReadAt(t.bytes, t.dataAt+int64(index)*int64(len(t.bytes))); err != nil {
		return fmt.Errorf("%s: tensor %d: %w", t.file.Name(), index, err)
	}
	for i := range t.values {
		t.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.bytes[4*i:]))
	}
	return nil
}

func writeTensors(path string, dims []int64, values []float32) error {
	shape := ""
	for _, dim := range dims {
		shape += fmt.Sprintf("%d,", dim)
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n" // data begins at a multiple of 64
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	_, _ = io.WriteString(out, "\x93NUMPY\x01\x00") // the writer keeps the first error; Flush gives it
	_ = binary.Write(out, binary.LittleEndian, uint16(len(header)))
	_, _ = io.WriteString(out, header)
	_ = binary.Write(out, binary.LittleEndian, values)
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
