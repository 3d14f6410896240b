// SPDX-License-Identifier: Apache-2.0
// usage: classify MODEL PICTURE: the five best classes of a picture, without cgo.
package main

import (
	"fmt"
	"os"

	"github.com/ebitengine/purego"
)

// Handles of the library are addresses that Go does not look behind.
type handle = uintptr

var (
	errorName       func(handle) string
	errorMessage    func(handle) string
	errorFree       func(handle)
	classifierOpen  func(path string, options handle, classifier *handle) handle
	classifierFree  func(handle)
	noticeCount     func(handle) uintptr
	notice          func(classifier handle, place uintptr) string
	pictureFromFile func(path string, picture *handle) handle
	pictureFree     func(handle)
	classify        func(classifier, picture handle, k int32, result *handle) handle
	resultCount     func(handle) uintptr
	resultIndex     func(result handle, place uintptr) int64
	resultLabel     func(result handle, place uintptr) string
	resultScore     func(result handle, place uintptr) float32
	resultFree      func(handle)
)

func load() {
	library, err := purego.Dlopen("libpaperkite.so.0", purego.RTLD_NOW)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, function := range map[string]any{
		"error_name": &errorName, "error_message": &errorMessage, "error_free": &errorFree,
		"classifier_open": &classifierOpen, "classifier_free": &classifierFree, "classifier_notice_count": &noticeCount,
		"classifier_notice": &notice, "picture_from_file": &pictureFromFile, "picture_free": &pictureFree,
		"classify": &classify, "result_count": &resultCount, "result_index": &resultIndex, "result_label": &resultLabel,
		"result_score": &resultScore, "result_free": &resultFree,
	} {
		purego.RegisterLibFunc(function, library, "paperkite_"+name)
	}
}

func check(failure handle) {
	if failure == 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "error[%s]: %s\n", errorName(failure), errorMessage(failure))
	errorFree(failure)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s MODEL PICTURE\n", os.Args[0])
		os.Exit(2)
	}
	load()
	var classifier, picture, result handle
	check(classifierOpen(os.Args[1], 0, &classifier))
	defer classifierFree(classifier)
	for i := uintptr(0); i < noticeCount(classifier); i++ {
		fmt.Fprintln(os.Stderr, "warning:", notice(classifier, i))
	}
	check(pictureFromFile(os.Args[2], &picture))
	defer pictureFree(picture)
	check(classify(classifier, picture, 5, &result))
	defer resultFree(result)
	for i := uintptr(0); i < resultCount(result); i++ {
		fmt.Printf("%d, %s, %.9g\n", resultIndex(result, i), resultLabel(result, i), resultScore(result, i))
	}
}
