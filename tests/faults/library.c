// SPDX-License-Identifier: Apache-2.0
// usage: library MODEL STEP PICTURE...: lets every STEP-th allocation of each call of libpaperkite fail, also
// those of the C and the picture libraries, in one process. A call gives an error of the code "limit", or what it gives
// without a fault; nothing is lost. Prints the number of points, and a line for each fault.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paperkite.h"

void fault_arm(const char* text);
void fault_disarm(void);
int64_t fault_done(void);
int64_t fault_living(void);

static const char* model;
static paperkite_options* options;
static paperkite_classifier* classifier;
static paperkite_session* session;
static paperkite_picture* picture;
static int64_t right_index = -1;
static long tried;
static int faults;

static paperkite_error* open_classifier(void) {
  paperkite_classifier* opened = NULL;
  paperkite_error* const error = paperkite_classifier_open(model, options, &opened);
  paperkite_classifier_free(opened);
  return error;
}

static paperkite_error* open_session(void) {
  paperkite_session* opened = NULL;
  paperkite_error* const error = paperkite_session_open(model, options, &opened);
  paperkite_session_free(opened);
  return error;
}

static paperkite_error* classify(void) {
  paperkite_result* result = NULL;
  paperkite_error* const error = paperkite_classify(classifier, picture, 1, &result);
  if (error == NULL && right_index >= 0 && paperkite_result_index(result, 0) != right_index) {
    printf("a wrong answer\n");
    ++faults;
  }
  if (error == NULL) right_index = paperkite_result_index(result, 0);
  paperkite_result_free(result);
  return error;
}

static paperkite_error* make_input(paperkite_tensor** tensor) {
  return paperkite_input_tensor(classifier, picture, tensor);
}

static paperkite_error* run(void) {
  paperkite_tensor *input = NULL, *output = NULL;
  paperkite_error* error = make_input(&input);
  if (error == NULL)
    error = paperkite_session_run(session, (const paperkite_tensor* const*)&input, 1, NULL, 1, &output);
  paperkite_tensor_free(input);
  paperkite_tensor_free(output);
  return error;
}

// One call whose allocation `at` fails: what lives more after it than before.
static int64_t call_once(const char* name, paperkite_error* (*call)(void), long at, int* was_reached) {
  char text[64];
  snprintf(text, sizeof text, "memory:%ld:fail", at);
  const int64_t before = fault_living();
  fault_arm(text);
  paperkite_error* const error = call();
  fault_disarm();
  *was_reached = fault_done() > 0;
  if (error != NULL && (!*was_reached || paperkite_error_code(error) != PAPERKITE_LIMIT)) {
    printf("%s, allocation %ld: %s: %s\n", name, at, paperkite_error_name(error), paperkite_error_message(error));
    ++faults;
  }
  paperkite_error_free(error);
  return fault_living() - before;
}

static void sweep(const char* name, paperkite_error* (*call)(void), long step) {
  int was_reached = 0;
  for (int i = 0; i < 2; ++i) (void)call_once(name, call, 0, &was_reached);  // what is made once
  for (long at = 1;; at += step) {
    int64_t lost = call_once(name, call, at, &was_reached);
    if (!was_reached) return;
    ++tried;
    // The C library keeps the stacks of threads, and more of them the second time. A loss is one that goes on.
    for (int again = 0; again < 4 && lost > 0; ++again) lost = call_once(name, call, at, &was_reached);
    if (lost > 0) {
      printf("%s, allocation %ld: %lld allocations are lost\n", name, at, (long long)lost);
      ++faults;
    }
  }
}

// What a process makes once, it makes at the first call: each point is tried in a child that has called nothing yet.
static void sweep_first(const char* name, paperkite_error* (*call)(void), long step) {
  for (long at = 1;; at += step) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      int was_reached = 0;
      faults = 0;
      (void)call_once(name, call, at, &was_reached);
      fflush(stdout);
      _exit(faults > 0 ? 1 : was_reached ? 0 : 2);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) return;
    ++tried;
    if (status == 0) continue;
    ++faults;
    if (WIFSIGNALED(status)) printf("%s, allocation %ld: ended by signal %d\n", name, at, WTERMSIG(status));
  }
}

static void must(paperkite_error* error) {
  if (error == NULL) return;
  printf("%s\n", paperkite_error_message(error));
  exit(2);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  model = argv[1];
  const long step = atol(argv[2]);
  must(paperkite_options_new(&options));
  must(paperkite_options_set(options, "threads", "2"));
  for (int is_cached = 0; is_cached < 2; ++is_cached) {
    must(paperkite_options_set(options, "no-cache", is_cached ? "false" : "true"));
    sweep_first(is_cached ? "open the first classifier" : "make the first plan", open_classifier, step);
  }
  sweep_first("open the first session", open_session, step);
  sweep("open a classifier", open_classifier, step);
  sweep("open a session", open_session, step);
  must(paperkite_classifier_open(model, options, &classifier));
  must(paperkite_session_open(model, options, &session));
  for (int i = 3; i < argc; ++i) {
    char name[300];
    snprintf(name, sizeof name, "classify %s", argv[i]);
    must(paperkite_picture_from_file(argv[i], &picture));
    right_index = -1;
    sweep(name, classify, step);
    if (i == 3) sweep("run a session", run, step);
    paperkite_picture_free(picture);
  }
  paperkite_session_free(session);
  paperkite_classifier_free(classifier);
  paperkite_options_free(options);
  printf("%ld\n", tried);
  return faults == 0 ? 0 : 1;
}
