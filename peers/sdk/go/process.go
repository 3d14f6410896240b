// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CLOCK_MONOTONIC in nanoseconds.
func now() int64 {
	var time unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &time); err != nil {
		panic(err) // Linux has had this clock for longer than Go
	}
	return time.Nano()
}

// What the kernel reports about this process now; a figure that it does not report is left out.
func memoryMark(name string, peak bool) map[string]any {
	mark := map[string]any{"mark": name}
	// A file mapped from a tmpfs counts as shared memory.
	status := map[string]string{"RssAnon": "rss_anon_bytes", "RssFile": "rss_file_bytes", "RssShmem": "rss_file_bytes"}
	if peak {
		status["VmHWM"] = "vm_hwm_bytes"
	}
	addLines(mark, "/proc/self/status", status)
	addLines(mark, "/proc/self/smaps_rollup", map[string]string{"Pss": "pss_bytes"})
	return mark
}

// Lines with the same name are added up.
func addLines(mark map[string]any, path string, names map[string]string) {
	text, _ := os.ReadFile(path)
	for _, line := range strings.Split(string(text), "\n") {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if names[key] == "" || len(fields) != 2 {
			continue
		}
		if kibibytes, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			before, _ := mark[names[key]].(int64)
			mark[names[key]] = before + kibibytes*1024
		}
	}
}

// PoolOf runs start, which makes a runtime's pool of threads, and returns the size of the pool, including the calling thread.
// Go makes threads at any time, so the threads of the pool are recognised by their name, which a thread inherits from the
// thread that makes it.
func PoolOf(start func() error) (int, error) {
	const name = "kite-pool"
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := os.ReadFile("/proc/thread-self/comm")
	if err != nil {
		return 0, err
	}
	setThreadName(name)
	defer setThreadName(strings.TrimSpace(string(before)))
	if err := start(); err != nil {
		return 0, err
	}
	files, err := filepath.Glob("/proc/self/task/*/comm")
	size := 0
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(text)) == name {
			size++
		}
	}
	return size, err
}

func setThreadName(name string) {
	bytes := append([]byte(name), 0)
	// If the kernel refuses the name, the old one remains and the pool is counted as empty; conformance reports that.
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&bytes[0])), 0, 0, 0)
}
