// SPDX-License-Identifier: Apache-2.0
// usage: node classify.js MODEL PICTURE: the five best classes of a picture.
'use strict';
const koffi = require('koffi');

const library = koffi.load('libpaperkite.so.0');
const paperkite = {};
for (const declaration of [
  'const char* paperkite_error_name(void* error)',
  'const char* paperkite_error_message(void* error)',
  'void paperkite_error_free(void* error)',
  'void* paperkite_classifier_open(const char* path, void* options, _Out_ void** classifier)',
  'void paperkite_classifier_free(void* classifier)',
  'size_t paperkite_classifier_notice_count(void* classifier)',
  'const char* paperkite_classifier_notice(void* classifier, size_t place)',
  'void* paperkite_picture_from_file(const char* path, _Out_ void** picture)',
  'void paperkite_picture_free(void* picture)',
  'void* paperkite_classify(void* classifier, void* picture, int32_t k, _Out_ void** result)',
  'size_t paperkite_result_count(void* result)',
  'int64_t paperkite_result_index(void* result, size_t place)',
  'const char* paperkite_result_label(void* result, size_t place)',
  'float paperkite_result_score(void* result, size_t place)',
  'void paperkite_result_free(void* result)',
]) {
  const name = /paperkite_(\w+)\(/.exec(declaration)[1];
  paperkite[name] = library.func(declaration);
}

// Calls a function that gives an error or null, and returns what it puts into its last argument.
function made(name, ...args) {
  const out = [null];
  const error = paperkite[name](...args, out);
  if (error === null) return out[0];
  const text = `error[${paperkite.error_name(error)}]: ${paperkite.error_message(error)}`;
  paperkite.error_free(error);
  throw new Error(text);
}

function classify(model, file) {
  const classifier = made('classifier_open', model, null);
  for (let i = 0; i < paperkite.classifier_notice_count(classifier); ++i) {
    console.error('warning:', paperkite.classifier_notice(classifier, i));
  }
  const picture = made('picture_from_file', file);
  const result = made('classify', classifier, picture, 5);
  for (let i = 0; i < paperkite.result_count(result); ++i) {
    const [index, label] = [paperkite.result_index(result, i), paperkite.result_label(result, i)];
    console.log(`${index}, ${label}, ${paperkite.result_score(result, i)}`);
  }
  paperkite.result_free(result);
  paperkite.picture_free(picture);
  paperkite.classifier_free(classifier);
}

if (process.argv.length !== 4) {
  console.error('usage: node classify.js MODEL PICTURE');
  process.exit(2);
}
try {
  classify(process.argv[2], process.argv[3]);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
