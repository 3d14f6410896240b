// SPDX-License-Identifier: Apache-2.0
// The race as a program that holds nothing else.
#include "race/race.h"

int main(int argc, char** argv) { return kite::race::run_race({argv + 1, argv + argc}); }
