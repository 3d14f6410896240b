// SPDX-License-Identifier: Apache-2.0
// Paperkite for C and for every language that can call C: pictures in, labels out, and raw tensors through a model.
//
// How all functions work
//
// - Everything is behind pointers to incomplete types. No structure of the library has a layout that a caller knows, so
//   none can change under a program: the ABI is these functions, their integers, and the values of the constants.
//   That is also why options are set by name and value: a new option is no new symbol and no longer structure.
// - What can fail returns an error, or NULL when it did not. The error belongs to the caller, who frees it. A result
//   goes to the last argument (or the last two), which is set to NULL when there is an error.
// - Whoever gets an object from a function that has a pointer to a pointer frees it with the function of its type. Each
//   object lives alone: they may be freed in any order, and freeing NULL does nothing.
// - Strings and arrays that a function returns belong to the object that it was asked of, and are valid until that is
//   freed. Strings are UTF-8 as far as the files are from which they come, end in a zero byte, and are never NULL
//   except where it is said.
// - What a function is given is used until it returns and not afterwards, except for PAPERKITE_BORROW.
// - Questions to an object cannot fail. An object that is NULL or a place that does not exist gets 0, -1, NaN or "".
// - A classifier and a session do not change: any number of threads may use one at the same time, and a child of fork()
//   may go on with it. Pictures, results, tensors and errors may be read by many threads at the same time. Options
//   belong to one thread at a time. Nobody may use an object while or after it is freed.
// - Nothing is printed, no signal handler is set, and no C++ exception leaves a function: a lack of memory is an error.
//
// Symbols have the version PAPERKITE_0. While that node is there, a program that was linked with an older version of
// the library runs with a newer one.
#ifndef PAPERKITE_H
#define PAPERKITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAPERKITE_VERSION "0.1.0"  // of this header

#if defined(__GNUC__)
#define PAPERKITE_MUST_USE __attribute__((warn_unused_result))
#else
#define PAPERKITE_MUST_USE
#endif

typedef struct paperkite_error paperkite_error;
typedef struct paperkite_options paperkite_options;
typedef struct paperkite_picture paperkite_picture;
typedef struct paperkite_classifier paperkite_classifier;
typedef struct paperkite_result paperkite_result;
typedef struct paperkite_tensor paperkite_tensor;
typedef struct paperkite_session paperkite_session;
typedef struct paperkite_port paperkite_port;

// ---- Errors ----

// What kind of thing went wrong. The name of each, which paperkite_error_name() gives, stands behind it.
enum {
  PAPERKITE_OK = 0,
  PAPERKITE_USAGE = 1,              // "usage": an argument or an option cannot mean anything
  PAPERKITE_INVALID_MODEL = 2,      // "invalid-model": the model contradicts its own format
  PAPERKITE_UNSUPPORTED_MODEL = 3,  // "unsupported-model": a valid model that needs what paperkite does not have
  PAPERKITE_INVALID_INPUT = 4,      // "invalid-input": a tensor does not fit the model
  PAPERKITE_INVALID_IMAGE = 5,      // "invalid-image": bytes that are not a readable picture
  PAPERKITE_UNSUPPORTED_IMAGE = 6,  // "unsupported-image": a valid picture in a format that is not read
  PAPERKITE_LIMIT = 7,              // "limit": memory or another budget would not be enough
  PAPERKITE_IO = 8,                 // "io": the operating system refused
  PAPERKITE_INTERRUPTED = 9         // "interrupted": it was stopped
};

int32_t paperkite_error_code(const paperkite_error* error);  // PAPERKITE_OK for NULL
const char* paperkite_error_name(const paperkite_error* error);
const char* paperkite_error_what(const paperkite_error* error);     // one clause: expected against found
const char* paperkite_error_where(const paperkite_error* error);    // file, node, tensor or argument; "": not known
const char* paperkite_error_remedy(const paperkite_error* error);   // what to do
const char* paperkite_error_message(const paperkite_error* error);  // the three in one line
void paperkite_error_free(paperkite_error* error);

// ---- The library ----

const char* paperkite_version(void);  // of the library that is loaded: "0.1.0"

// How many threads this process computes on at one time, all classifiers and sessions together. A call that finds all
// of them busy waits. 0 sets the default again: what the process may use, and not more than OMP_NUM_THREADS says.
int32_t paperkite_compute_threads(void);
PAPERKITE_MUST_USE paperkite_error* paperkite_set_compute_threads(int32_t threads);

// ---- Options ----

// Names and values are those of the command line (`kite classify --help`), without the dashes; a flag is "true" or
// "false". An option that is set again replaces what it was; those with (+) add to it.
//
// For both     threads         at most so many for one call; not stated: paperkite_compute_threads()
//              isa             the instruction set to stay within: generic, avx2, avx512; on ARM generic, neon
//              cache-dir       the folder of the plan cache
//              no-cache        neither read nor write the plan cache
//              memory-limit    refuse a model that needs more, e.g. "500MB"
//              data-dir (+)    a folder besides the model's own that may hold its external data
//              limit (+)       NAME=VALUE: what a file may cost, see docs/limits.md
//              disable-pass (+)
// Classifiers  labels          a file of labels
//              recipe          the preprocessing: imagenet, 0-1, -1-1, 0-255, a file, or a JSON object
//              size            "224x224": height and width, where the model leaves them open
//              shape (+)       "NAME=1x3x224x224": the whole shape of an input
//              scores-from     the name of the output that holds the scores
//              activation      softmax, sigmoid, none
//              threshold       leave out classes below this probability, between 0 and 1
//              raw             give the model's numbers as they are
//              processor       pil, torchvision: whose resize a Hugging Face recipe means
//              exif            ignore, apply: the orientation that a picture states
//              library, library-folder    timm, hf: whose files in the folder describe the model
// Sessions     max-plans       how many shapes of inputs are kept ready (8)
PAPERKITE_MUST_USE paperkite_error* paperkite_options_new(paperkite_options** options);
PAPERKITE_MUST_USE paperkite_error* paperkite_options_set(paperkite_options* options, const char* name,
                                                          const char* value);
void paperkite_options_free(paperkite_options* options);

// ---- Pictures ----

// What happens to memory that a picture or a tensor is made of.
enum {
  PAPERKITE_COPY = 0,   // it is copied: the caller's memory may go
  PAPERKITE_BORROW = 1  // it is used where it lies: it must stay, and stay the same, until the object is freed
};

// The file of a picture: JPEG, PNG, WebP, TIFF, GIF, BMP or netpbm. It is read when the picture is used.
PAPERKITE_MUST_USE paperkite_error* paperkite_picture_from_file(const char* path, paperkite_picture** picture);
// The bytes of such a file.
PAPERKITE_MUST_USE paperkite_error* paperkite_picture_from_bytes(const void* bytes, size_t size, int32_t ownership,
                                                                 paperkite_picture** picture);
// A picture that is decoded already: 8 bits a channel, rows from top to bottom. channels: 1 grey, 3 red green blue.
// row_stride: bytes from one row to the next, 0: rows without gaps. exif_orientation: 1 to 8, used where the recipe
// applies it; 0: none.
PAPERKITE_MUST_USE paperkite_error* paperkite_picture_from_pixels(const uint8_t* pixels, int64_t height, int64_t width,
                                                                  int32_t channels, int64_t row_stride,
                                                                  int32_t exif_orientation, int32_t ownership,
                                                                  paperkite_picture** picture);
void paperkite_picture_free(paperkite_picture* picture);

// ---- Classifiers ----

// What the scores of a classifier are.
enum {
  PAPERKITE_PROBABILITIES = 0,  // of classes of which one is right
  PAPERKITE_INDEPENDENT = 1,    // of classes each of which may be right or not
  PAPERKITE_RAW = 2,            // the numbers of the output, as the option "raw" asks for
  PAPERKITE_NO_SCORES = 3       // the model names its class without a score: each is NaN
};

// An .onnx file, a plan of `kite compile`, or a folder or zip that holds a model. `options` may be NULL.
PAPERKITE_MUST_USE paperkite_error* paperkite_classifier_open(const char* path, const paperkite_options* options,
                                                              paperkite_classifier** classifier);
// The bytes of an .onnx file or a plan. Labels and recipe are in them, or stated in the options.
PAPERKITE_MUST_USE paperkite_error* paperkite_classifier_open_bytes(const void* bytes, size_t size,
                                                                    const paperkite_options* options,
                                                                    paperkite_classifier** classifier);
void paperkite_classifier_free(paperkite_classifier* classifier);

int32_t paperkite_classifier_threads(const paperkite_classifier* classifier);  // at most so many for one call
int64_t paperkite_classifier_class_count(const paperkite_classifier* classifier);
int32_t paperkite_classifier_score_kind(const paperkite_classifier* classifier);  // -1 for NULL
// 0 where the model has no labels, else class_count.
int64_t paperkite_classifier_label_count(const paperkite_classifier* classifier);
const char* paperkite_classifier_label(const paperkite_classifier* classifier, int64_t index);
// The preprocessing as a JSON object, which the option "recipe" takes.
const char* paperkite_classifier_recipe(const paperkite_classifier* classifier);

// What had to be decided before the model could answer, and from which source: each is one line of `kite inspect`.
size_t paperkite_classifier_decision_count(const paperkite_classifier* classifier);
const char* paperkite_classifier_decision_subject(const paperkite_classifier* classifier, size_t place);
const char* paperkite_classifier_decision_value(const paperkite_classifier* classifier, size_t place);
const char* paperkite_classifier_decision_source(const paperkite_classifier* classifier, size_t place);
// 1 where no source states it: a rule was applied. Every guess is announced by a notice, too.
int32_t paperkite_classifier_decision_is_guess(const paperkite_classifier* classifier, size_t place);

// What a person should know about the model, each in one sentence. `kite classify` prints them as warnings.
size_t paperkite_classifier_notice_count(const paperkite_classifier* classifier);
const char* paperkite_classifier_notice(const paperkite_classifier* classifier, size_t place);

// The best `k` classes, or all where there are fewer; k is at least 1.
PAPERKITE_MUST_USE paperkite_error* paperkite_classify(const paperkite_classifier* classifier,
                                                       const paperkite_picture* picture, int32_t k,
                                                       paperkite_result** result);
// Many pictures side by side. `results` and `errors` have room for `count` pointers each; of each picture exactly one
// of the two is set, and the other one is NULL. An error that is returned concerns the call itself, and both arrays are
// then all NULL. `stop`: NULL, or an integer that another thread or a signal handler may set to another value than 0;
// pictures that have not begun by then get PAPERKITE_INTERRUPTED.
PAPERKITE_MUST_USE paperkite_error* paperkite_classify_all(const paperkite_classifier* classifier,
                                                           const paperkite_picture* const* pictures, size_t count,
                                                           int32_t k, const int32_t* stop, paperkite_result** results,
                                                           paperkite_error** errors);
// Exactly the tensor that the model would be given for this picture.
PAPERKITE_MUST_USE paperkite_error* paperkite_input_tensor(const paperkite_classifier* classifier,
                                                           const paperkite_picture* picture, paperkite_tensor** tensor);

// ---- Results: the best class first; equal scores in the order of their indices ----

size_t paperkite_result_count(const paperkite_result* result);
int64_t paperkite_result_index(const paperkite_result* result, size_t place);
const char* paperkite_result_label(const paperkite_result* result, size_t place);  // "": the model has no labels
float paperkite_result_score(const paperkite_result* result, size_t place);
// Of every class, by index. NULL, and a count of 0, where the model gives no scores. `count` may be NULL.
const float* paperkite_result_scores(const paperkite_result* result, size_t* count);
double paperkite_result_decode_ms(const paperkite_result* result);
double paperkite_result_preprocess_ms(const paperkite_result* result);
double paperkite_result_infer_ms(const paperkite_result* result);
// About this picture, each in one sentence.
size_t paperkite_result_warning_count(const paperkite_result* result);
const char* paperkite_result_warning(const paperkite_result* result, size_t place);
void paperkite_result_free(paperkite_result* result);

// ---- Tensors: dense, row-major ----

// The type of an element; the numbers are those of ONNX's TensorProto.DataType. PAPERKITE_BOOL is one byte, 0 or 1.
// Integers of 4 and 2 bits are one byte each, sign-extended.
enum {
  PAPERKITE_FLOAT32 = 1,
  PAPERKITE_UINT8 = 2,
  PAPERKITE_INT8 = 3,
  PAPERKITE_UINT16 = 4,
  PAPERKITE_INT16 = 5,
  PAPERKITE_INT32 = 6,
  PAPERKITE_INT64 = 7,
  PAPERKITE_BOOL = 9,
  PAPERKITE_FLOAT16 = 10,
  PAPERKITE_FLOAT64 = 11,
  PAPERKITE_UINT32 = 12,
  PAPERKITE_UINT64 = 13,
  PAPERKITE_BFLOAT16 = 16,
  PAPERKITE_UINT4 = 21,
  PAPERKITE_INT4 = 22,
  PAPERKITE_UINT2 = 25,
  PAPERKITE_INT2 = 26
};

const char* paperkite_dtype_name(int32_t dtype);  // "float32"; "" for a number that is no type
size_t paperkite_dtype_size(int32_t dtype);       // bytes of one element; 0 for a number that is no type

// `rank` dimensions, at most 8; a scalar has 0 and needs no `dims`. `size_bytes` must be the product of dimensions and
// size of an element. With PAPERKITE_BORROW, `data` lies at a multiple of that size.
PAPERKITE_MUST_USE paperkite_error* paperkite_tensor_new(int32_t dtype, const int64_t* dims, int32_t rank,
                                                         const void* data, size_t size_bytes, int32_t ownership,
                                                         paperkite_tensor** tensor);
int32_t paperkite_tensor_dtype(const paperkite_tensor* tensor);
int32_t paperkite_tensor_rank(const paperkite_tensor* tensor);
const int64_t* paperkite_tensor_dims(const paperkite_tensor* tensor);
const void* paperkite_tensor_data(const paperkite_tensor* tensor);  // NULL where there are no elements
size_t paperkite_tensor_size_bytes(const paperkite_tensor* tensor);
void paperkite_tensor_free(paperkite_tensor* tensor);

// ---- Sessions: raw tensors in, raw tensors out ----

PAPERKITE_MUST_USE paperkite_error* paperkite_session_open(const char* path, const paperkite_options* options,
                                                           paperkite_session** session);
PAPERKITE_MUST_USE paperkite_error* paperkite_session_open_bytes(const void* bytes, size_t size,
                                                                 const paperkite_options* options,
                                                                 paperkite_session** session);
void paperkite_session_free(paperkite_session* session);

int32_t paperkite_session_threads(const paperkite_session* session);
// Of the model's metadata; NULL where it does not have this key.
const char* paperkite_session_metadata(const paperkite_session* session, const char* key);
size_t paperkite_session_notice_count(const paperkite_session* session);
const char* paperkite_session_notice(const paperkite_session* session, size_t place);

// Ports belong to the session. NULL where there is no such place.
size_t paperkite_session_input_count(const paperkite_session* session);
size_t paperkite_session_output_count(const paperkite_session* session);
const paperkite_port* paperkite_session_input(const paperkite_session* session, size_t place);
const paperkite_port* paperkite_session_output(const paperkite_session* session, size_t place);

const char* paperkite_port_name(const paperkite_port* port);
int32_t paperkite_port_dtype(const paperkite_port* port);
int32_t paperkite_port_rank(const paperkite_port* port);
// As the model states it: a size, or -1 where it leaves the dimension open; its symbol then, or "".
int64_t paperkite_port_dim(const paperkite_port* port, int32_t axis);
const char* paperkite_port_symbol(const paperkite_port* port, int32_t axis);

// `inputs` in the order of the model's. Their shapes may differ from call to call where the model leaves dimensions
// open. `wanted`: places of the outputs that are asked for, or NULL for all of them in their order; `output_count` of
// them are put into `outputs`, each to be freed. After an error all of `outputs` are NULL.
PAPERKITE_MUST_USE paperkite_error* paperkite_session_run(const paperkite_session* session,
                                                          const paperkite_tensor* const* inputs, size_t input_count,
                                                          const size_t* wanted, size_t output_count,
                                                          paperkite_tensor** outputs);

#ifdef __cplusplus
}
#endif

#endif
