// Swift's runtime looks for its crash reporter before `main`, and aborts where it cannot find out which
// file it runs from: without /proc, as in a bare chroot. It does not ask when it is told where to look.
// No handler inherits that: q-work does not run without /proc.
// https://github.com/swiftlang/swift/blob/main/stdlib/public/runtime/Backtrace.cpp
#include "CStart.h"
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

// Written before `main`, by one thread.
static int argument_count;
static char **arguments;

char **cstart_arguments(int *count) {
  *count = argument_count;
  return arguments;
}

// Before the constructors of the runtime that is linked in, which have no priority.
__attribute__((constructor(101))) static void begin(int count, char **words, char **environment) {
  char file[1];
  (void)environment;
  argument_count = count;
  arguments = words;
  if (readlink("/proc/self/exe", file, sizeof file) < 0 && !getenv("SWIFT_ROOT"))
    setenv("SWIFT_ROOT", "/", 1);
}
